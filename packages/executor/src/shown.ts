/** How the objects of this package look in `console.log`. Kept out of their types: it is for people, and may change. */
import { type InspectOptionsStylized, inspect } from 'node:util';

/** Objects of this prototype are shown in Node's way: a name, and `fields` that say how things stand. */
export function shownAs<T extends object>(
  prototype: T,
  name: string | ((self: T) => string),
  fields: (self: T) => Record<string, unknown>,
): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: InspectOptionsStylized): string {
      const shown = typeof name === 'string' ? name : name(this);
      return depth < 0 ? options.stylize(`[${shown}]`, 'special') : `${shown} ${inspect(fields(this), options)}`;
    },
    configurable: true,
    writable: true,
  });
}

/** What a value is, never what is in it: that may be large, or not meant for a log. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  try {
    const name: unknown = value instanceof Error ? value.name : value.constructor.name;
    return typeof name === 'string' && name !== '' ? name : 'object';
  } catch {
    // No constructor, or code of the value that threw.
    return 'object';
  }
}
