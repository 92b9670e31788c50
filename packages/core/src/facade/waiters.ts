/**
 * Whoever has asked a handle for its outcome, and the short way for `await`.
 *
 * Decides which functions handed to `then` may be called at once. `await handle`, `Promise.all` and their like make a promise of their own and
 * pass its resolving functions: those run no code of anybody's, so no promise is needed in between, and an awaited handle costs half of
 * what it would. Any other function is a callback of the user's and takes the way of a native promise. Refuses to know what a handle is:
 * `Deferred` keeps the first who asked, and decides what being asked means for a failure.
 */
import { types } from 'node:util';

function nobody(): void {}

/** Somebody who asked: with a promise that was made for it, or by the resolving functions of one of theirs. The first knows the others. */
export class Asked {
  /** The one that was made, for whoever asks again. */
  promise: Promise<unknown> | undefined = undefined;
  #resolve: (value: unknown) => void;
  #reject: (error: unknown) => void;
  /** The promise needs no handler when it rejects. */
  #isQuiet = false;
  /** Who asked later. */
  #more: Asked[] | undefined = undefined;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  static byPromise(): Asked {
    const asked = new Asked(nobody, nobody);
    asked.promise = new Promise((resolve, reject) => {
      asked.#resolve = resolve;
      asked.#reject = reject;
    });
    return asked;
  }

  /** The first of those who wait, once `later` has asked too. */
  static also(first: Asked | undefined, later: Asked): Asked {
    if (first === undefined || first === TOLD) return later;
    first.promise ??= later.promise;
    if (first.#more === undefined) first.#more = [later];
    else first.#more.push(later);
    return first;
  }

  /** What a handle keeps of them before it tells anybody: who is told may ask again, and must not take the place of those who wait. */
  get kept(): Asked {
    return this.promise === undefined ? TOLD : this;
  }

  /** The promise is given to somebody who need not handle its rejection. `isTold`: it has its outcome. */
  beQuiet(isTold: boolean): void {
    if (isTold) this.promise?.catch(nobody);
    else this.#isQuiet = true;
  }

  /** In the order in which they asked. */
  tell(isValue: boolean, outcome: unknown): void {
    if (isValue) this.#resolve(outcome);
    else this.#reject(outcome);
    if (this.#isQuiet && !isValue) this.beQuiet(true);
    const more = this.#more;
    this.#more = undefined;
    if (more !== undefined) for (const asked of more) asked.tell(isValue, outcome);
  }
}

/** In the place of those who have been told, and of one who is told in another way: somebody has asked, and nobody waits. */
export const TOLD: Asked = new Asked(nobody, nobody);

const sourceOf = Function.prototype.toString;
let resolving: unknown;
void new Promise((resolve) => {
  resolving = resolve;
});
const NATIVE = sourceOf.call(resolving);

/** Whether it can only be the resolving function of a native promise. */
export function isResolving(fn: unknown): fn is (value: unknown) => void {
  // A proxy of a function has the source of a native one. Asked first: reading its name runs code of the program.
  return typeof fn === 'function' && !types.isProxy(fn) && fn.name === '' && fn.length === 1 && sourceOf.call(fn) === NATIVE;
}

/** What `then` gives back where nobody is expected to look: the promise of what resolving functions return, made when somebody does look. */
export class Told implements Promise<undefined> {
  readonly #of: Pick<Promise<unknown>, 'then'>;

  constructor(of: Pick<Promise<unknown>, 'then'>) {
    this.#of = of;
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

  #settled(): Promise<undefined> {
    const nothing = () => undefined;
    return this.#of.then(nothing, nothing);
  }
}
