/** How the objects of a pool look in `console.log`. Kept out of their types: it is for people, and may change. */
import { type InspectOptions, inspect } from 'node:util';

/** Objects of this prototype are shown as `show` says. */
export function inspectedAs<T extends object>(prototype: T, show: (self: T, options: InspectOptions) => string): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, _depth: number, options: InspectOptions): string {
      return show(this, options);
    },
    configurable: true,
    writable: true,
  });
}
