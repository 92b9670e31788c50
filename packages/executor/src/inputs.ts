/**
 * The inputs of `map`: told apart from its options, zipped, and closed.
 *
 * Decides what an input is, and that one that was opened is closed when it is not read to its end: by the consumer's leaving, by the end
 * of a shorter one, by the error of another. Refuses to know tasks.
 */
import { inspect } from 'node:util';
import { type CallSite, checkStep, type StreamInput, type StreamShape, stepOf } from '@twinpool/core/facade';
import type { ExecutorMapOptions } from './options.ts';

/** What `map` reads arguments from. */
export type MapInput<T> = Iterable<T> | AsyncIterable<T>;

export interface MapArguments {
  readonly inputs: readonly MapInput<unknown>[];
  readonly options: object | undefined;
  readonly isAsync: boolean;
}

/** The last argument is the options when it is `undefined`, or a plain object that is no iterable and has an iterable before it. */
export function mapArguments(rest: readonly unknown[]): MapArguments {
  const last = rest.at(-1);
  const hasOptions =
    rest.length > 0 && (last === undefined || (rest.length > 1 && isPlain(last) && !isIterable(last) && !isAsyncIterable(last)));
  const inputs = hasOptions ? rest.slice(0, -1) : rest;
  for (const [at, input] of inputs.entries()) {
    if (isIterable(input) || isAsyncIterable(input)) continue;
    throw new TypeError(`map: input ${at + 1} is not iterable, got ${inspect(input, { depth: 0 }).slice(0, 80)}`);
  }
  return {
    inputs: inputs as MapInput<unknown>[],
    options: hasOptions ? (last as object | undefined) : undefined,
    isAsync: inputs.some((input) => !isIterable(input)),
  };
}

/**
 * The input of a stream, and its shape; undefined where there is nothing to map. Synchronous inputs are read now, all of them, unless
 * `buffersize` bounds it; throws what they throw. `asyncWindow` bounds asynchronous ones. `onLateError` is told what closing throws when
 * nobody waits for it.
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
      // Off the list first: it has ended, and `return` is for the others.
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

  /** What failed first counts, not what closing the others throws then. */
  #closeAfter(error: unknown, failed: Iterator<unknown> | undefined): never {
    if (failed !== undefined) this.#iterators.splice(this.#iterators.indexOf(failed), 1);
    try {
      this.return();
    } catch {
      // superseded by `error`
    }
    throw error;
  }
}

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

class AsyncZip implements AsyncIterator<unknown> {
  readonly #iterators: AnyIterator[] = [];
  readonly #onLateError: (error: unknown) => void;
  readonly #spread: boolean;
  /** An input is being asked. Its `return` waits in line behind that, perhaps for ever: nobody who leaves waits for it. */
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
      // What failed first counts, not what closing the others throws then.
      await this.#close(iterator).catch(this.#onLateError);
      throw error;
    } finally {
      this.#isReading = false;
    }
  }

  /** Closes all but the one that has ended by itself; once. */
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
