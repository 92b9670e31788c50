/** Defines how objects of a class look in `console.log`. The method is hidden from the types: its output is for people, and may change. */
import { type InspectOptionsStylized, inspect } from 'node:util';

/** From now on `inspect` shows objects with this prototype as the text that `show` returns. `depth` is below 0 where only a name is wanted. */
export function defineInspect<T extends object>(
  prototype: T,
  show: (self: T, options: InspectOptionsStylized, depth: number) => string,
): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: InspectOptionsStylized): string {
      return show(this, options, depth);
    },
    configurable: true,
    writable: true,
  });
}
