/**
 * Refuses values that cannot be a task without any search: values that are not functions, and functions whose source cannot be used.
 *
 * This file does not know the modules of the program.
 */
import { types } from 'node:util';
import { type AnyFunction, ownName } from '../definition/task-reference.ts';

/** Returns the error text for a value that is neither a function nor a reference. */
export function notATask(value: unknown): string {
  const got = value === null ? 'null' : typeof value === 'object' ? `an object (${Object.prototype.toString.call(value)})` : typeof value;
  return `Expected a task: a function, a \`taskRef\` or the result of \`defineTask\`; got ${got}`;
}

/** Returns why a function cannot be a task, `undefined` if its source must be searched. */
export function quickRefusal(fn: AnyFunction, text: string): string | undefined {
  if (types.isProxy(fn)) return 'it is a proxy; pass a function that calls it';
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    return ownName(fn).startsWith('bound ')
      ? 'it is a bound function; pass a function that calls it, and the bound values as arguments'
      : 'it is a native function; pass a function that calls it, like `(x) => Math.sqrt(x)`';
  }
  if (/^class\b/.test(text)) return 'it is a class; pass a function that uses it';
  if (types.isGeneratorFunction(fn)) return 'it is a generator function: a generator cannot be sent back; return an array';
  return undefined;
}

/** `what` names the function, or its source position. */
export function cannotBeSent(what: string, reason: string): string {
  return `${what} cannot be sent to a worker: ${reason}`;
}
