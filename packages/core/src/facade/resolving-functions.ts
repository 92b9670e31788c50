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

/** Whether `fn` is a resolving function of a native promise, or another native function without a name. It runs no code of the user. */
export function isResolvingFunction(fn: unknown): fn is (value: unknown) => void {
  // A proxy and a bound function have the source of a native one; the latter has a name. Reading the name of a proxy runs code of the program.
  // Nothing tells the functions that `Promise.prototype.finally.call(handle, …)` passes from these; a handle has a `finally` of its own.
  return typeof fn === 'function' && !types.isProxy(fn) && fn.name === '' && sourceOf.call(fn) === NATIVE;
}

/** A function that gets the error of a handle: a resolving function, or one of the user. */
type OnRejected = (error: unknown) => unknown;

/** By handle: the result of the first `then` of a handle, where the function for the error is one of the user. It calls this function once. */
const firstResults = new WeakMap<object, Promise<undefined>>();

function firstResult(source: Pick<Promise<unknown>, 'then'>, onRejected: OnRejected): Promise<undefined> {
  let result = firstResults.get(source);
  if (result === undefined) {
    result = source.then(() => returned.get(source), onRejected) as Promise<undefined>;
    firstResults.set(source, result);
  }
  return result;
}

/** By handle: what the first function that its first `then` got has returned or thrown, as a promise. A resolving function returns nothing. */
const returned = new WeakMap<object, Promise<undefined>>();

/** A handle has this result: calls the first function that its first `then` got. Some functions of `Intl` look like resolving functions. */
export function resolveFirst(source: Pick<Promise<unknown>, 'then'>, onFulfilled: (value: unknown) => unknown, value: unknown): void {
  try {
    const result = onFulfilled(value) as undefined;
    if (result !== undefined) returned.set(source, Promise.resolve(result));
  } catch (error) {
    returned.set(source, Promise.reject(error));
  }
}

/** A handle has failed with this error: calls the second function that its first `then` got. */
export function rejectFirst(source: Pick<Promise<unknown>, 'then'>, onRejected: OnRejected, error: unknown): void {
  if (isResolvingFunction(onRejected)) onRejected(error);
  else void firstResult(source, onRejected);
}

/** The result of a `then` that got a resolving function. The native promise behind it is made when it is used, which `await` never does. */
export class LazyPromise implements Promise<undefined> {
  readonly #source: Pick<Promise<unknown>, 'then'>;
  readonly #onRejected: OnRejected;

  constructor(source: Pick<Promise<unknown>, 'then'>, onRejected: OnRejected) {
    this.#source = source;
    this.#onRejected = onRejected;
  }

  get [Symbol.toStringTag](): string {
    return 'Promise';
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<T = undefined, E = never>(
    onFulfilled?: ((value: undefined) => T | PromiseLike<T>) | null | undefined,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined,
  ): Promise<T | E> {
    return LazyPromise.#promiseOf(this).then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null | undefined): Promise<undefined | E> {
    return LazyPromise.#promiseOf(this).catch(onRejected);
  }

  finally(onFinally?: (() => void) | null | undefined): Promise<undefined> {
    return LazyPromise.#promiseOf(this).finally(onFinally);
  }

  /** Resolving functions return `undefined`, whatever the outcome is. */
  // Static: a private method of instances would cost each instance a field.
  static #promiseOf(lazy: LazyPromise): Promise<undefined> {
    const source = lazy.#source;
    const onRejected = lazy.#onRejected;
    if (isResolvingFunction(onRejected)) return source.then(() => returned.get(source), nothing);
    return firstResult(source, onRejected);
  }
}

function nothing(): undefined {}
