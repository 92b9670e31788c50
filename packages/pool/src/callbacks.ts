/**
 * `callback` and `errorCallback`.
 *
 * Decides that what a callback throws becomes the result (the rule of Python 3.16; before it the pool hung), and that nothing of it gets
 * any further. Refuses to know when callbacks run: before the result settles, which is the business of whoever settles it.
 */
import type { DeferredHome, JobListener } from '@twinpool/core/facade';
import { asPoolError } from './maybe-encoding-error.ts';

/** Called before the result settles; what one of them throws becomes the result. */
export interface Callbacks<R> {
  /** Given the result, when there is one. */
  callback?: ((value: R) => void) | undefined;
  /** Given the error, when there is one. */
  errorCallback?: ((error: unknown) => void) | undefined;
}

/** Runs the one that applies; gives the outcome back, or makes what it threw the outcome. */
export function runCallbacks(
  callbacks: Callbacks<unknown>,
  home: DeferredHome,
  ok: boolean,
  outcome: unknown,
): { ok: boolean; value: unknown } {
  const name = ok ? 'callback' : 'errorCallback';
  const value = ok ? outcome : asPoolError(outcome);
  try {
    const returned: unknown = callbacks[name]?.(value);
    // An asynchronous callback comes too late to change the result.
    if (returned instanceof Promise) returned.catch((error: unknown) => home.warn(error, name));
    return { ok, value };
  } catch (thrown) {
    if (!ok) giveCause(thrown, value);
    return { ok: false, value: thrown };
  }
}

/** A listener that runs the callbacks before it passes the outcome on. */
export function afterCallbacks(callbacks: Callbacks<unknown>, home: DeferredHome, then: JobListener['jobSettled']): JobListener {
  return {
    jobSettled(ok, value) {
      const outcome = runCallbacks(callbacks, home, ok, value);
      then(outcome.ok, outcome.value);
    },
  };
}

/** So that the task's own error is not lost behind the callback's. */
function giveCause(thrown: unknown, cause: unknown): void {
  if (!(thrown instanceof Error) || thrown === cause || 'cause' in thrown || !Object.isExtensible(thrown)) return;
  Object.defineProperty(thrown, 'cause', { value: cause, configurable: true, writable: true });
}
