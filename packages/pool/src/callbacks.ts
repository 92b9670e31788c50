/**
 * Runs `callback` and `errorCallback` of a call.
 *
 *   outcome of the job --run--> callback(value) or errorCallback(error) --> the same outcome, or the error that the callback threw
 *
 * An error that a callback throws becomes the result, as in Python 3.16 (older ones hang). This file does not know when callbacks run: the caller
 * of `run` settles the result afterwards.
 */
import { type DeferredOwner, type JobListener, type Scope, scopeHere, watchReturned } from '@twinpool/core/facade';
import { asPoolError } from './maybe-encoding-error.ts';

/** Callbacks of one call. They run before the result settles, and an error that one of them throws becomes the result. */
export interface Callbacks<R> {
  /** Called with the result when the call succeeds. Default: none. */
  callback?: ((value: R) => void) | undefined;
  /** Called with the error when the call fails. Default: none. */
  errorCallback?: ((error: unknown) => void) | undefined;
}

/** The callbacks of one call. They run in the async context in which the call was made. */
export class BoundCallbacks {
  readonly #callbacks: Callbacks<unknown>;
  readonly #owner: DeferredOwner;
  readonly #scope: Scope;

  constructor(callbacks: Callbacks<unknown>, owner: DeferredOwner) {
    this.#callbacks = callbacks;
    this.#owner = owner;
    this.#scope = scopeHere();
  }

  /** Runs the callback for this outcome. Returns the outcome, or the error that the callback threw as the new one. */
  run(ok: boolean, outcome: unknown): { ok: boolean; value: unknown } {
    return this.#scope.runInAsyncScope(this.#run, this, ok, outcome);
  }

  #run(ok: boolean, outcome: unknown): { ok: boolean; value: unknown } {
    const name = ok ? 'callback' : 'errorCallback';
    const value = ok ? outcome : asPoolError(outcome);
    try {
      // A later error of an asynchronous callback cannot change the result, so it becomes a warning.
      watchReturned(this.#callbacks[name]?.(value), (error) => this.#owner.warn(error, name));
      return { ok, value };
    } catch (thrown) {
      if (!ok) giveCause(thrown, value);
      return { ok: false, value: thrown };
    }
  }
}

/** Returns a listener that runs the callbacks and then calls `then` with the outcome. */
export function afterCallbacks(callbacks: Callbacks<unknown>, owner: DeferredOwner, then: JobListener['jobSettled']): JobListener {
  const bound = new BoundCallbacks(callbacks, owner);
  return {
    jobSettled(ok, value) {
      const outcome = bound.run(ok, value);
      then(outcome.ok, outcome.value);
    },
  };
}

/** Sets the task's error as the cause of the callback's error, so that it is not lost. */
function giveCause(thrown: unknown, cause: unknown): void {
  try {
    if (!(thrown instanceof Error) || thrown === cause || 'cause' in thrown || !Object.isExtensible(thrown)) return;
    Object.defineProperty(thrown, 'cause', { value: cause, configurable: true, writable: true });
  } catch {
    // `thrown` is a Proxy that refuses the property.
  }
}
