/**
 * How code of the user runs that the library calls: inputs, callbacks, schemas, getters.
 *
 * It runs in the async context of the call that it belongs to, and a callback whose outcome nothing waits for harms nothing: what it throws, and
 * what a promise or any other thenable that it returns rejects with, goes to a warning. Knows no jobs and no facades.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect, types } from 'node:util';
import { HANDLE } from './handle.ts';

/** The async context of a call. Costs about 30 ns to take and 10 ns to enter. */
export type Scope = AsyncResource;

/** The context of the code that runs now. */
export function scopeHere(): Scope {
  return new AsyncResource('TWINPOOL_CALL', { requireManualDestroy: true });
}

/** Calls `callback(...args)` in `scope`, or where it is called when there is none. Never throws; `onError` is called at most once. */
export function runCallback(
  scope: Scope | undefined,
  callback: (...args: never[]) => unknown,
  args: readonly unknown[],
  onError: (error: unknown) => void,
): void {
  const run = () => {
    try {
      watchReturned(callback(...(args as never[])), onError);
    } catch (error) {
      onError(error);
    }
  };
  if (scope === undefined) run();
  else scope.runInAsyncScope(run);
}

/**
 * Passes on what a callback's return value rejects with. The value is asked once, and what it resolves to is dropped: a thenable that resolves
 * to itself ends nothing. A handle of ours stays as silent as any other that is not asked for.
 */
export function watchReturned(returned: unknown, onError: (error: unknown) => void): void {
  if ((typeof returned !== 'object' && typeof returned !== 'function') || returned === null) return;
  let isSettled = false;
  const settle = () => {
    isSettled = true;
  };
  const fail = (error: unknown) => {
    if (isSettled) return;
    isSettled = true;
    onError(error);
  };
  try {
    if (HANDLE in returned) return;
    const { then } = returned as { then?: unknown };
    if (typeof then === 'function') then.call(returned, settle, fail);
  } catch (error) {
    fail(error);
  }
}

/** The warning for an error that is the outcome of no task. Never throws, whatever was thrown. */
export function warnOfError(error: unknown, what: string): void {
  let shown = 'an error that cannot be shown';
  try {
    shown = inspect(error);
  } catch {
    // The error's own code threw.
  }
  process.emitWarning(`twinpool: ${what} threw: ${shown}`, { type: 'TwinpoolWarning', code: 'TWINPOOL_UNCAUGHT' });
}

/** The next step of a synchronous input. Throws what it throws, and TypeError for what is no step. */
export function stepOf(input: Iterator<unknown>): IteratorResult<unknown, unknown> {
  const step: unknown = input.next();
  if (types.isPromise(step)) {
    step.then(undefined, () => undefined);
    throw new TypeError("the input's next() gave a promise: an asynchronous input has [Symbol.asyncIterator]");
  }
  checkStep(step);
  return step;
}

/** The result of an iterator's `next()`, as the language demands it. Throws TypeError. */
export function checkStep(step: unknown): asserts step is IteratorResult<unknown, unknown> {
  if ((typeof step === 'object' || typeof step === 'function') && step !== null) return;
  throw new TypeError(`the input's next() gave ${inspect(step)}, which is not an object`);
}
