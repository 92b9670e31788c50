/**
 * What is refused at sight: values that are no function, and functions whose source says nothing.
 *
 * Decides without looking anything up, so that it is known at once. Refuses to know the program.
 */
import { types } from 'node:util';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';

/** Said of what is no function and no reference. */
export function notATask(value: unknown): string {
  const got = value === null ? 'null' : typeof value === 'object' ? `an object (${Object.prototype.toString.call(value)})` : typeof value;
  return `A task is a function, a \`taskRef\` or a \`defineTask\`; got ${got}`;
}

/** Why a function cannot be a task whatever its source; `undefined` when its source has to be looked at. */
export function quickRefusal(fn: AnyFunction, text: string): string | undefined {
  if (types.isProxy(fn)) return 'it is a proxy; pass a function that calls it';
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    return ownName(fn).startsWith('bound ')
      ? 'it is a bound function; pass a function that calls it, and what is bound as an argument'
      : 'it is a native function; pass a function that calls it, like `(x) => Math.sqrt(x)`';
  }
  if (/^class\b/.test(text)) return 'it is a class; pass a function that uses it';
  if (types.isGeneratorFunction(fn)) return 'it is a generator function: a generator cannot be sent back; return an array';
  return undefined;
}

/** `what` names the function: `square`, or where it is. */
export function cannotBeSent(what: string, reason: string): string {
  return `${what} cannot be sent to a worker: ${reason}`;
}
