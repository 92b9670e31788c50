/**
 * Keeps the owner of an error that a `queueMicrotask` callback throws.
 *
 * Before version 24, Node reports such an exception after it has left the callback's context, so the AsyncLocalStorage no longer holds the owner.
 * All other exceptions and all rejections are reported inside their context. User code therefore gets a `queueMicrotask` that notes the owner of
 * what its callback throws. It costs one closure per call. This file does not know what the worker does with the error.
 */
import { afterMicrotasks } from '../primitives/time.ts';
import { type Owner, ownerHere } from './ownership.ts';

/** The last exception of a microtask, until the next uncaught error is reported. */
let thrown: { readonly error: unknown; readonly owner: Owner } | undefined;

/** Replaces the global `queueMicrotask` of this worker. */
export function keepMicrotaskOwners(): void {
  const queueMicrotask = (callback: () => void): void => {
    const noting = (): void => {
      try {
        callback();
      } catch (error) {
        thrown = { error, owner: ownerHere() };
        throw error;
      }
    };
    // Node refuses what is not a function, with its own error.
    afterMicrotasks(typeof callback === 'function' ? noting : callback);
  };
  globalThis.queueMicrotask = queueMicrotask;
}

/** The owner of an error that was not caught. To be called once for each, while it is reported. */
export function ownerOfUncaught(error: unknown): Owner {
  const last = thrown;
  thrown = undefined;
  return ownerHere() ?? (last !== undefined && Object.is(last.error, error) ? last.owner : undefined);
}
