/**
 * The methods of promises as they were when this package was loaded. Tasks may replace `Promise.prototype.then` or the global `Promise`, and
 * the worker must send their outcomes all the same. `await` needs none of these.
 */

/** The original class. */
export const NativePromise: PromiseConstructor = Promise;

/** As `Promise.resolve(value)`. */
export const promiseOf: <T>(value: T | PromiseLike<T>) => Promise<Awaited<T>> = Promise.resolve.bind(Promise);

/** As `promise.then(fulfilled, rejected)`. */
export const whenSettled = Function.prototype.call.bind(Promise.prototype.then) as <T, R>(
  promise: Promise<T>,
  fulfilled: (value: T) => R,
  rejected?: (error: unknown) => R,
) => Promise<R>;
