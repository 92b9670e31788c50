/**
 * Marks an error with the item of the call that it belongs to: the own property `taskIndex` and two lines of the stack.
 *
 * Invariants: the message is never changed, the property is not enumerable, and an error that cannot be changed stays as it is. This file does not
 * know jobs.
 *
 *   TypeError: no such user
 *       at load (tasks.js:3:9)
 *       at [worker 2, process 4711] task 'load'
 *       at [taskIndex 17]
 *       at main (main.js:12:31)                  where the call was made
 */

/** The place of a call. V8 makes the text of `stack` when it is read. */
export interface CallSite {
  readonly stack?: string;
}

/** Returns the place that called `callee`. It takes 1 to 2 µs, so it is for calls with many tasks. */
export function callSiteOf(callee: (...args: never[]) => unknown): CallSite {
  const site: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  // `Reflect.set` does not throw with --frozen-intrinsics, where the limit cannot be changed; the stack is longer then.
  Reflect.set(Error, 'stackTraceLimit', 1);
  Error.captureStackTrace(site, callee);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return site;
}

/** Marks `error`, whatever its type is, as the error of task `index`. It never throws. */
export function markTaskIndex(error: unknown, index: number, site: CallSite | undefined): void {
  if (typeof error !== 'object' || error === null) return;
  // The definition throws if the error is frozen, or is a Proxy that refuses it.
  try {
    Object.defineProperty(error, 'taskIndex', hidden(index));
    if (!(error instanceof Error)) return;
    const { stack } = error;
    if (typeof stack === 'string') Object.defineProperty(error, 'stack', hidden(`${stack}\n    at [taskIndex ${index}]${frameOf(site)}`));
  } catch {
    // The error stays as it is.
  }
}

function hidden(value: unknown): PropertyDescriptor {
  // Without a prototype: a polluted Object.prototype could make it an accessor.
  return { __proto__: null, value, enumerable: false, configurable: true, writable: true } as PropertyDescriptor;
}

/** Returns the first frame of the stack as a line; an empty text if the program's own `prepareStackTrace` changes the form of stacks. */
function frameOf(site: CallSite | undefined): string {
  const stack: unknown = site?.stack;
  const frame = typeof stack === 'string' ? stack.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return frame === undefined ? '' : `\n${frame}`;
}
