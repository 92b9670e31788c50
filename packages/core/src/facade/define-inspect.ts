/** Defines how objects of a class look in `console.log`. The method is hidden from the types: its output is for people, and may change. */
import { type InspectOptions, inspect } from 'node:util';

/** What `inspect` passes on. Not every release of Node's types has a name for it. */
export interface Inspecting extends InspectOptions {
  stylize(text: string, style: string): string;
}

/** From now on `inspect` shows objects with this prototype as the text that `show` returns. `depth` is below 0 where only a name is wanted. */
export function defineInspect<T extends object>(prototype: T, show: (self: T, options: Inspecting, depth: number) => string): void {
  Object.defineProperty(prototype, inspect.custom, {
    value(this: T, depth: number, options: Inspecting): string {
      return show(this, options, depth);
    },
    configurable: true,
    writable: true,
  });
}
