/** Defines how the objects of this package look in `console.log`: in Node's form, a name and some fields. */
import { inspect } from 'node:util';
import { defineInspect } from '@twinpool/core/facade';

/** From now on `inspect` shows objects with this prototype as `name` and the fields that `fields` returns. */
export function inspectAs<T extends object>(
  prototype: T,
  name: string | ((self: T) => string),
  fields: (self: T) => Record<string, unknown>,
): void {
  defineInspect(prototype, (self, options, depth) => {
    const shown = typeof name === 'string' ? name : name(self);
    return depth < 0 ? options.stylize(`[${shown}]`, 'special') : `${shown} ${inspect(fields(self), options)}`;
  });
}

/** Returns the type or class of a value. Its content is not shown: it may be large, or not meant for a log. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  try {
    const name: unknown = value instanceof Error ? value.name : value.constructor.name;
    return typeof name === 'string' && name !== '' ? name : 'object';
  } catch {
    // The value has no constructor, or its own code threw.
    return 'object';
  }
}
