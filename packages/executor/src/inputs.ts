/**
 * Reads the arguments of `map`: separates its inputs from its options, zips several inputs, and closes them.
 *
 *   map(fn, a, b, options) --mapArguments--> inputs, options --openStream--> one input for a StreamJob: items, a Zip, or an AsyncZip
 *
 * Invariant: an input that was opened and is not read to its end is closed once: when the consumer leaves, when a shorter input ends, or when another
 * input fails. It does not know tasks.
 */
import { inspect } from 'node:util';
import { type CallSite, checkStep, type StreamInput, type StreamShape, stepOf } from '@twinpool/core/facade';
import type { ExecutorMapOptions } from './options.ts';

/** An input of `map`: the values of one argument of the function. */
export type MapInput<T> = Iterable<T> | AsyncIterable<T>;

export interface MapArguments {
  readonly inputs: readonly MapInput<unknown>[];
  readonly options: object | undefined;
  readonly isAsync: boolean;
}

/**
 * Separates the inputs from the options. The last argument is the options if it is `undefined`, or if it is a plain object that is not iterable and
 * has an iterable before it. Throws TypeError for an input that is not iterable.
 */
export function mapArguments(rest: readonly unknown[]): MapArguments {
  const last = rest.at(-1);
  const hasOptions =
    rest.length > 0 && (last === undefined || (rest.length > 1 && isPlain(last) && !isIterable(last) && !isAsyncIterable(last)));
  const inputs = hasOptions ? rest.slice(0, -1) : rest;
  for (const [at, input] of inputs.entries()) {
    if (isIterable(input) || isAsyncIterable(input)) continue;
    throw new TypeError(
      `map: expected an iterable or an async iterable as input ${at + 1}, got ${inspect(input, { depth: 0 }).slice(0, 80)}`,
    );
  }
  return {
    inputs: inputs as MapInput<unknown>[],
    options: hasOptions ? (last as object | undefined) : undefined,
    isAsync: inputs.some((input) => !isIterable(input)),
  };
}

/**
 * Opens the inputs for a StreamJob; returns undefined if there is nothing to map. Synchronous inputs are read to their end now, unless `buffersize` is
 * given, and their errors are thrown. `asyncWindow`: the default `buffersize` of asynchronous inputs. `onLateError`: called with an error of an
 * input's `return()` that no caller waits for.
 */
export function openStream(
  { inputs, isAsync }: MapArguments,
  { buffersize, chunksize, onProgress }: ExecutorMapOptions,
  asyncWindow: number,
  onLateError: (error: unknown) => void,
  site?: CallSite,
): { readonly input: StreamInput; readonly shape: StreamShape; readonly known: number } | undefined {
  if (inputs.length === 0) return undefined;
  const shape = { spread: inputs.length > 1, ordered: true, eager: true, chunksize, onProgress, site };
  if (isAsync)
    return {
      input: { async: new AsyncZip(inputs, onLateError) },
      shape: { ...shape, window: buffersize ?? asyncWindow, total: undefined },
      known: 0,
    };
  const iterables = inputs as readonly Iterable<unknown>[];
  const [only] = iterables as readonly [Iterable<unknown>];
  if (buffersize !== undefined) {
    const sync = iterables.length === 1 ? only[Symbol.iterator]() : new Zip(iterables);
    return { input: { sync }, shape: { ...shape, window: buffersize, total: undefined }, known: 0 };
  }
  const items = iterables.length === 1 ? Array.from(only) : new Zip(iterables).rest();
  if (items.length === 0) return undefined;
  return { input: { items }, shape: { ...shape, window: Number.POSITIVE_INFINITY, total: items.length }, known: items.length };
}

/** Several synchronous inputs as one input of rows. It ends with the shortest one. */
class Zip implements Iterator<unknown[]> {
  readonly #iterators: Iterator<unknown>[] = [];

  constructor(inputs: readonly Iterable<unknown>[]) {
    try {
      for (const input of inputs) this.#iterators.push(input[Symbol.iterator]());
    } catch (error) {
      this.#closeAfter(error, undefined);
    }
  }

  next(): IteratorResult<unknown[], undefined> {
    const row: unknown[] = [];
    for (const iterator of this.#iterators) {
      try {
        const step = stepOf(iterator);
        if (!step.done) {
          row.push(step.value);
          continue;
        }
      } catch (error) {
        this.#closeAfter(error, iterator);
      }
      // This input has ended: it is removed first, and `return` closes the others.
      this.#iterators.splice(this.#iterators.indexOf(iterator), 1);
      return this.return();
    }
    return { done: false, value: row };
  }

  rest(): unknown[] {
    const rows: unknown[] = [];
    for (let step = this.next(); !step.done; step = this.next()) rows.push(step.value);
    return rows;
  }

  return(): IteratorResult<unknown[], undefined> {
    let failure: { readonly error: unknown } | undefined;
    for (const iterator of this.#iterators.splice(0)) {
      try {
        iterator.return?.();
      } catch (error) {
        failure ??= { error };
      }
    }
    if (failure !== undefined) throw failure.error;
    return { done: true, value: undefined };
  }

  /** Closes the other inputs and throws `error`. An error of their `return()` is dropped: the first error counts. */
  #closeAfter(error: unknown, failed: Iterator<unknown> | undefined): never {
    if (failed !== undefined) this.#iterators.splice(this.#iterators.indexOf(failed), 1);
    try {
      this.return();
    } catch {
      // `error` counts.
    }
    throw error;
  }
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Several inputs, at least one of them asynchronous, as one input of rows, or one input as it is. It ends with the shortest one. */
class AsyncZip implements AsyncIterator<unknown> {
  readonly #iterators: AnyIterator[] = [];
  readonly #onLateError: (error: unknown) => void;
  readonly #spread: boolean;
  /** A `next()` of an input has not settled. A generator queues `return()` behind it, maybe without end, so `return` here does not wait for it. */
  #isReading = false;
  #hasEnded = false;

  constructor(inputs: readonly MapInput<unknown>[], onLateError: (error: unknown) => void) {
    this.#onLateError = onLateError;
    this.#spread = inputs.length > 1;
    try {
      for (const input of inputs) this.#iterators.push(isAsyncIterable(input) ? input[Symbol.asyncIterator]() : input[Symbol.iterator]());
    } catch (error) {
      this.#close(undefined).catch(onLateError);
      throw error;
    }
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    const row: unknown[] = [];
    for (const iterator of this.#iterators) {
      const step = await this.#read(iterator);
      if (this.#hasEnded) return { done: true, value: undefined };
      if (step.done) {
        await this.#close(iterator);
        return { done: true, value: undefined };
      }
      row.push(step.value);
    }
    return { done: false, value: this.#spread ? row : row[0] };
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    const closing = this.#close(undefined);
    if (this.#isReading) closing.catch(this.#onLateError);
    else await closing;
    return { done: true, value: undefined };
  }

  async #read(iterator: AnyIterator): Promise<IteratorResult<unknown, unknown>> {
    this.#isReading = true;
    try {
      const step: unknown = await iterator.next();
      checkStep(step);
      return step;
    } catch (error) {
      // The first error counts. An error of the other inputs' `return()` is reported.
      await this.#close(iterator).catch(this.#onLateError);
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** Closes all inputs but `ended`, which has reached its end; once. */
  async #close(ended: AnyIterator | undefined): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const open = this.#iterators.filter((iterator) => iterator !== ended);
    const closed = await Promise.allSettled(open.map(async (iterator) => iterator.return?.()));
    const failed = closed.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== null && value !== undefined && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function';
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return value !== null && value !== undefined && typeof (value as AsyncIterable<unknown>)[Symbol.asyncIterator] === 'function';
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
