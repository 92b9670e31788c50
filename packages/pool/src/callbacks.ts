/**
 * `callback` and `errorCallback`.
 *
 * Decides that what a callback throws becomes the result (the rule of Python 3.16; before it the pool hung), and that nothing of it gets
 * any further. Refuses to know when callbacks run: before the result settles, which is the business of whoever settles it.
 */
import { type DeferredOwner, type JobListener, type Scope, scopeHere, watchReturned } from '@twinpool/core/facade';
import { asPoolError } from './maybe-encoding-error.ts';

/** Called before the result settles; what one of them throws becomes the result. */
export interface Callbacks<R> {
  /** Given the result, when there is one. */
  callback?: ((value: R) => void) | undefined;
  /** Given the error, when there is one. */
  errorCallback?: ((error: unknown) => void) | undefined;
}

/** The callbacks of one call; they run in the async context in which it was made. */
export class BoundCallbacks {
  readonly #callbacks: Callbacks<unknown>;
  readonly #owner: DeferredOwner;
  readonly #scope: Scope;

  constructor(callbacks: Callbacks<unknown>, owner: DeferredOwner) {
    this.#callbacks = callbacks;
    this.#owner = owner;
    this.#scope = scopeHere();
  }

  /** Runs the one that applies; gives the outcome back, or makes what it threw the outcome. */
  run(ok: boolean, outcome: unknown): { ok: boolean; value: unknown } {
    return this.#scope.runInAsyncScope(this.#run, this, ok, outcome);
  }

  #run(ok: boolean, outcome: unknown): { ok: boolean; value: unknown } {
    const name = ok ? 'callback' : 'errorCallback';
    const value = ok ? outcome : asPoolError(outcome);
    try {
      // An asynchronous callback comes too late to change the result.
      watchReturned(this.#callbacks[name]?.(value), (error) => this.#owner.warn(error, name));
      return { ok, value };
    } catch (thrown) {
      if (!ok) giveCause(thrown, value);
      return { ok: false, value: thrown };
    }
  }
}

/** A listener that runs the callbacks before it passes the outcome on. */
export function afterCallbacks(callbacks: Callbacks<unknown>, owner: DeferredOwner, then: JobListener['jobSettled']): JobListener {
  const bound = new BoundCallbacks(callbacks, owner);
  return {
    jobSettled(ok, value) {
      const outcome = bound.run(ok, value);
      then(outcome.ok, outcome.value);
    },
  };
}

/** So that the task's own error is not lost behind the callback's. */
function giveCause(thrown: unknown, cause: unknown): void {
  try {
    if (!(thrown instanceof Error) || thrown === cause || 'cause' in thrown || !Object.isExtensible(thrown)) return;
    Object.defineProperty(thrown, 'cause', { value: cause, configurable: true, writable: true });
  } catch {
    // A Proxy that refuses.
  }
}
