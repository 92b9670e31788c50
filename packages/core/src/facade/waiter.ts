/**
 * Waiter: a caller that waits for the outcome of a handle.
 *
 * A waiter holds the two functions that settle the caller's promise. The promise is either one that the handle made for the caller, or one that
 * the caller made itself (resolving-functions.ts). The handle keeps the first waiter only; the first waiter keeps the others:
 *
 *   handle --#waiter--> first waiter --#later--> second, third, ...            settle: in the order in which they were added
 *
 *   no waiter --add--> waiter --settle--> OBSERVED, or the waiter if it has a promise          a handle's first waiter never becomes undefined again
 *
 * Invariant: each waiter is settled once. It does not know the states of a handle, nor that a failure without a waiter is counted (deferred.ts).
 */

function nothing(): void {}

export class Waiter {
  /** The promise that the handle made. The handle returns the same one to later callers. */
  promise: Promise<unknown> | undefined = undefined;
  #resolve: (value: unknown) => void;
  #reject: (error: unknown) => void;
  /** A rejection of the promise raises no `unhandledRejection`. */
  #isHandled = false;
  /** The waiters that were added after this one. */
  #later: Waiter[] | undefined = undefined;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** A waiter with a promise of its own. */
  static withPromise(): Waiter {
    const waiter = new Waiter(nothing, nothing);
    waiter.promise = new Promise((resolve, reject) => {
      waiter.#resolve = resolve;
      waiter.#reject = reject;
    });
    return waiter;
  }

  /** Returns the first waiter of the handle, after `later` was added. */
  static add(first: Waiter | undefined, later: Waiter): Waiter {
    if (first === undefined || first === OBSERVED) return later;
    first.promise ??= later.promise;
    if (first.#later === undefined) first.#later = [later];
    else first.#later.push(later);
    return first;
  }

  /**
   * The first waiter of the handle from its outcome on. The handle stores it before it settles the waiters: the code of a waiter may ask for the
   * outcome again.
   */
  get afterOutcome(): Waiter {
    return this.promise === undefined ? OBSERVED : this;
  }

  /** Marks a rejection of the promise as handled. `isSettled`: the promise has its outcome. */
  markHandled(isSettled: boolean): void {
    if (isSettled) this.promise?.catch(nothing);
    else this.#isHandled = true;
  }

  /** Settles this waiter, then the later ones. */
  settle(isValue: boolean, outcome: unknown): void {
    if (isValue) this.#resolve(outcome);
    else this.#reject(outcome);
    if (this.#isHandled && !isValue) this.markHandled(true);
    const later = this.#later;
    this.#later = undefined;
    if (later !== undefined) for (const waiter of later) waiter.settle(isValue, outcome);
  }
}

/** Stands for waiters that are settled, and for a caller that got the outcome without a promise: the outcome is observed. */
export const OBSERVED: Waiter = new Waiter(nothing, nothing);
