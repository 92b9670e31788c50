/**
 * Which item of a call an error belongs to: the own property `taskIndex` and two lines of the stack.
 *
 * The message is never changed, the property is not enumerable, and an error that cannot be changed stays as it is. Knows no jobs.
 *
 *   TypeError: no such user
 *       at load (tasks.js:3:9)
 *       at [worker 2, process 4711] task 'load'
 *       at [taskIndex 17]
 *       at main (main.js:12:31)                  where the call was made
 */

/** Where a call was made; its text is made when it is read. */
export interface CallSite {
  readonly stack?: string;
}

/** The place that called `callee`: 1 to 2 µs, so for calls that have many tasks. */
export function callSiteOf(callee: (...args: never[]) => unknown): CallSite {
  const site: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  // `Reflect.set`: with --frozen-intrinsics it cannot be changed, and the stack is longer.
  Reflect.set(Error, 'stackTraceLimit', 1);
  Error.captureStackTrace(site, callee);
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return site;
}

/** Says of `error`, whatever was thrown, that it is the error of task `index`. Never throws. */
export function markTaskIndex(error: unknown, index: number, site: CallSite | undefined): void {
  if (typeof error !== 'object' || error === null) return;
  // Throws where the error is frozen, or a Proxy that refuses.
  try {
    Object.defineProperty(error, 'taskIndex', hidden(index));
    if (!(error instanceof Error)) return;
    const { stack } = error;
    if (typeof stack === 'string') Object.defineProperty(error, 'stack', hidden(`${stack}\n    at [taskIndex ${index}]${frameOf(site)}`));
  } catch {
    // It stays as it is.
  }
}

function hidden(value: unknown): PropertyDescriptor {
  // Without a prototype: a polluted Object.prototype could make it an accessor.
  return { __proto__: null, value, enumerable: false, configurable: true, writable: true } as PropertyDescriptor;
}

/** The second line of a stack; nothing where the program's own `prepareStackTrace` makes something else of it. */
function frameOf(site: CallSite | undefined): string {
  const stack: unknown = site?.stack;
  const frame = typeof stack === 'string' ? stack.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return frame === undefined ? '' : `\n${frame}`;
}
