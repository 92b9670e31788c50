/**
 * The short way of `await handle`: recognises the resolving functions of a native promise, which `then` may call without a promise in between.
 *
 * `await`, `Promise.all` and the like make a promise of their own and pass its two resolving functions to `then`. Those run no code of the user,
 * so an awaited handle takes half the time. Every other function is a callback of the user, and goes through a native promise.
 *
 * It does not know handles.
 */
import { types } from 'node:util';

const sourceOf = Function.prototype.toString;
let resolving: unknown;
void new Promise((resolve) => {
  resolving = resolve;
});
const NATIVE = sourceOf.call(resolving);

/** Whether `fn` can only be a resolving function of a native promise. It runs no code of the user. */
export function isResolvingFunction(fn: unknown): fn is (value: unknown) => void {
  // A proxy and a bound function have the source of a native one; the latter has a name. Reading the name of a proxy runs code of the program.
  // Nothing tells the functions that `Promise.prototype.finally.call(handle, …)` passes from these; a handle has a `finally` of its own.
  return typeof fn === 'function' && !types.isProxy(fn) && fn.name === '' && sourceOf.call(fn) === NATIVE;
}

/** The result of a `then` that got resolving functions. The native promise behind it is made when its result is used, which `await` never does. */
export class LazyPromise implements Promise<undefined> {
  readonly #source: Pick<Promise<unknown>, 'then'>;

  constructor(source: Pick<Promise<unknown>, 'then'>) {
    this.#source = source;
  }

  get [Symbol.toStringTag](): string {
    return 'Promise';
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<T = undefined, E = never>(
    onFulfilled?: ((value: undefined) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    return this.#settled().then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<undefined | E> {
    return this.#settled().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<undefined> {
    return this.#settled().finally(onFinally);
  }

  /** Resolving functions return `undefined`, whatever the outcome is. */
  #settled(): Promise<undefined> {
    const nothing = () => undefined;
    return this.#source.then(nothing, nothing);
  }
}
