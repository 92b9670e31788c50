/**
 * A job over an input that is known as a whole: `map`, `starmap`.
 *
 * Decides how the input is cut and when the whole is settled: once every task has ended, with the results in input order or
 * with the first error by input order (Python's rule); with `failFast` by the first error that comes, whatever has not ended. Waiting
 * work costs this one object however long the input is, and so does the question for single outcomes: failures are kept by index, only
 * where somebody may ask, and only those.
 */
import { types } from 'node:util';
import {
  type CallSettings,
  type Chunk,
  type Ending,
  Job,
  type JobListener,
  LATER,
  type NumberArray,
  parseArguments,
  tasksOf,
} from './job.ts';
import type { TaskFunction } from './task/task-function.ts';

/** A view of consecutive items; the input is shared, never copied. */
export class Slice implements Chunk {
  readonly job: Job;
  readonly base: number;
  readonly spread: boolean;
  count: number;
  charge = 0;
  readonly #items: ArrayLike<unknown>;
  readonly #from: number;

  constructor(job: Job, base: number, count: number, items: ArrayLike<unknown>, from: number, spread: boolean) {
    this.job = job;
    this.base = base;
    this.count = count;
    this.spread = spread;
    this.#items = items;
    this.#from = from;
  }

  at(offset: number): unknown {
    return this.#items[this.#from + offset];
  }

  numbers(): NumberArray | undefined {
    const items = this.#items;
    if (this.spread || !types.isTypedArray(items) || types.isBigInt64Array(items) || types.isBigUint64Array(items)) return undefined;
    return (items as NumberArray).subarray(this.#from, this.#from + this.count);
  }

  splitTail(count: number): Chunk {
    const kept = this.count - count;
    const tail = new Slice(this.job, this.base + kept, count, this.#items, this.#from + kept, this.spread);
    tail.charge = this.charge;
    this.count = kept;
    return tail;
  }
}

export interface MapShape {
  /** Whether an item is the array of a task's arguments. */
  readonly spread: boolean;
  /** Tasks that the user wants to travel together; undefined: as measured. */
  readonly chunksize: number | undefined;
  /** No hand-over takes more than this, so that every worker gets a share. */
  readonly mostAtOnce: number;
  readonly onProgress: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
  /** The first error ends the whole: nothing more is handed over. */
  readonly failFast?: boolean | undefined;
  /** Every failure is kept, for `outcomeOf`; else the first by input order. */
  readonly keepsFailures?: boolean | undefined;
}

const NONE: readonly unknown[] = [];

export class MapJob extends Job {
  readonly total: number;
  /** Let go when the whole has settled: whoever asks for single outcomes later holds the job. */
  #items: ArrayLike<unknown>;
  readonly #shape: MapShape;
  readonly #listener: JobListener;
  /** Made with the first: a long list takes longer to make than the first tasks to send. */
  #results: unknown[] | undefined;
  /** Chunks that came back unstarted; they go first. */
  readonly #returned: Chunk[] = [];
  #next = 0;
  #unsettled: number;
  /** The first failure by input order; its index is Infinity while there is none. */
  #failedAt = Number.POSITIVE_INFINITY;
  #failure: unknown;
  /** By index; made with the first. */
  #failures: Map<number, unknown> | undefined;
  /** Parsed arguments of the task at #next, once an asynchronous schema has answered; `parsing` while it has not. */
  #parsed: readonly unknown[] | 'parsing' | undefined;

  constructor(fn: TaskFunction, items: ArrayLike<unknown>, shape: MapShape, settings: CallSettings, listener: JobListener) {
    super(fn, settings);
    this.total = items.length;
    this.#items = items;
    this.#shape = shape;
    this.#listener = listener;
    this.#unsettled = items.length;
  }

  get waiting(): number {
    if (this.over) return 0;
    const returned = tasksOf(this.#returned);
    if (this.#parsed === 'parsing') return returned;
    return this.total - this.#next + returned;
  }

  claim(most: number): Chunk | undefined {
    if (this.over) return undefined;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    const left = this.total - this.#next;
    if (left === 0 || this.#parsed === 'parsing') return undefined;
    if (this.fn.parseArguments !== undefined) return this.#claimParsed();
    const { chunksize, mostAtOnce } = this.#shape;
    // Chunks that the user cut stay whole: as many as fit, but never less than one.
    const wanted = chunksize === undefined ? Math.min(most, mostAtOnce) : Math.max(1, Math.floor(most / chunksize)) * chunksize;
    const base = this.#next;
    const count = Math.min(left, wanted);
    this.#next += count;
    return new Slice(this, base, count, this.#items, base, this.#shape.spread);
  }

  giveBack(chunk: Chunk): void {
    if (this.over) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.over) return;
    if (ok) this.#resultsNow()[index] = value;
    else this.#failed(index, value);
    this.#ended(1, ok ? 'completed' : 'failed');
    if (!ok && this.#shape.failFast) this.end(value, 'cancelled');
  }

  override settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (this.over) return;
    const results = this.#resultsNow();
    for (let i = 0; i < count; i++) results[index + i] = values[from + i];
    this.#ended(count, 'completed');
  }

  end(error: unknown, how: Ending): void {
    if (this.over) return;
    const unclaimed = this.total - this.#next + tasksOf(this.#returned);
    this.#close(false, error);
    this.owner.tasksEnded(this.#unsettled, how, this.#unsettled - unclaimed);
  }

  /** How the task ended: `ok` is undefined where it has not, and never will once the whole has. */
  outcomeOf(index: number): { readonly ok: boolean | undefined; readonly value: unknown } {
    if (this.#failures?.has(index)) return { ok: false, value: this.#failures.get(index) };
    const results = this.#results ?? NONE;
    return { ok: Object.hasOwn(results, index) ? true : undefined, value: results[index] };
  }

  #resultsNow(): unknown[] {
    this.#results ??= new Array(this.total);
    return this.#results;
  }

  #failed(index: number, error: unknown): void {
    if (this.#shape.keepsFailures) {
      this.#failures ??= new Map();
      this.#failures.set(index, error);
    }
    if (index > this.#failedAt) return;
    this.#failedAt = index;
    this.#failure = error;
  }

  #ended(count: number, how: Ending): void {
    this.#unsettled -= count;
    if (this.#shape.onProgress !== undefined) this.#tellProgress(count);
    // `over` when the callback ended the job; these tasks ended all the same.
    if (!this.over && this.#unsettled === 0) {
      const failed = this.#failedAt !== Number.POSITIVE_INFINITY;
      this.#close(!failed, failed ? this.#failure : this.#resultsNow());
    }
    this.owner.tasksEnded(count, how);
  }

  #close(ok: boolean, value: unknown): void {
    this.over = true;
    this.#items = NONE;
    this.#returned.length = 0;
    this.owner.forget(this);
    this.#listener.jobSettled(ok, value);
  }

  #tellProgress(count: number): void {
    const { total } = this;
    for (let done = total - this.#unsettled - count + 1; done <= total - this.#unsettled; done++) {
      try {
        this.#shape.onProgress?.({ completed: done, total });
      } catch (error) {
        this.owner.warn(error, 'onProgress');
      }
    }
  }

  /** A checked task is parsed, and so claimed, alone; one whose arguments do not fit is settled instead. */
  #claimParsed(): Chunk | undefined {
    while (this.#next < this.total && !this.over) {
      const index = this.#next;
      const ready = this.#parsed ?? this.#parse(index);
      if (ready === LATER || ready === 'parsing') return undefined;
      if (ready === undefined) continue;
      this.#parsed = undefined;
      this.#next += 1;
      return new Slice(this, index, 1, [ready], 0, true);
    }
    return undefined;
  }

  /** The parsed arguments; LATER; or undefined when they did not fit and the task is settled. */
  #parse(index: number): readonly unknown[] | typeof LATER | undefined {
    const item = this.#items[index];
    let here = true;
    let failedHere = false;
    const args = this.#shape.spread ? (item as readonly unknown[]) : [item];
    const parsed = parseArguments(this, args, (ok, value) => {
      if (!ok) {
        failedHere = here;
        this.#parsed = undefined;
        // Before it is settled: whoever is told may end the job, and this task is none of those that wait.
        this.#next += 1;
        this.settle(index, false, value);
      } else this.#parsed = value as readonly unknown[];
      if (!here && !this.over) this.owner.wake(this);
    });
    here = false;
    if (parsed === LATER && !failedHere) this.#parsed = 'parsing';
    return failedHere ? undefined : parsed;
  }
}
