/**
 * Runs code of the user that the library calls: inputs, callbacks, schemas, getters.
 *
 * Such code runs in the async context of the call that it belongs to. An error of a callback whose outcome is not waited for becomes a warning:
 * an error that the callback throws, or that the promise or thenable that it returns rejects with. This file does not know jobs and facades.
 */
import { AsyncResource } from 'node:async_hooks';
import { inspect, types } from 'node:util';
import { HANDLE } from './handle.ts';

/** The async context of a call. It takes about 30 ns to capture and 10 ns to enter. */
export type Scope = AsyncResource;

/** Captures the context of the code that runs now. */
export function scopeHere(): Scope {
  return new AsyncResource('TWINPOOL_CALL', { requireManualDestroy: true });
}

/** Calls `fn(...args)` in a context made from `scope`: what it enters with `enterWith()` is not visible to other calls of that scope. */
export function runApart<A extends readonly unknown[]>(scope: Scope, fn: (...args: A) => void, self: unknown, ...args: A): void {
  scope.runInAsyncScope(() => scopeHere().runInAsyncScope(() => Reflect.apply(fn, self, args)));
}

/** Calls `callback(...args)` in `scope`, or in the current context without one. It never throws; `onError` is called at most once. */
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
 * Calls `onError` with the error that the return value of a callback rejects with. The `then` of the value is called once, and its result is
 * dropped, so a thenable that resolves to itself makes no loop. A handle of a facade does not become observed.
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

/** Warns of an error that is not the outcome of a task. It never throws, whatever `error` is. */
export function warnOfError(error: unknown, what: string): void {
  let shown = 'an error that cannot be shown';
  try {
    shown = inspect(error);
  } catch {
    // The error's own code threw.
  }
  process.emitWarning(`twinpool: ${what} threw: ${shown}`, { type: 'TwinpoolWarning', code: 'TWINPOOL_UNCAUGHT' });
}

/** Returns the next step of a synchronous input. Throws the error of the input, and TypeError for a result that is not a step. */
export function stepOf(input: Iterator<unknown>): IteratorResult<unknown, unknown> {
  const step: unknown = input.next();
  if (types.isPromise(step)) {
    step.then(undefined, () => undefined);
    throw new TypeError(
      "the input's next() returned a promise, expected { done, value }: give an asynchronous input [Symbol.asyncIterator]",
    );
  }
  checkStep(step);
  return step;
}

/** Throws TypeError unless `step` is an object, as ECMAScript requires of the result of `next()`. */
export function checkStep(step: unknown): asserts step is IteratorResult<unknown, unknown> {
  if ((typeof step === 'object' || typeof step === 'function') && step !== null) return;
  throw new TypeError(`the input's next() returned ${inspect(step)}, expected an object { done, value }`);
}
