/**
 * A job over an input that is known as a whole: `map`, `starmap`.
 *
 * Decides how the input is cut and when the whole is settled: once every task has ended, with the results in input order or
 * with the first error by input order (Python's rule); with `failFast` by the first error that comes, whatever has not ended. Waiting
 * work costs this one object however long the input is, and so does the question for single outcomes: failures are kept by index, only
 * where somebody may ask, and only those.
 */

import { scopeHere } from '../primitives/user-code.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { CheckedItems } from './checked-items.ts';
import { type CallSettings, type Chunk, type Ending, Job, type JobListener, tasksOf } from './job.ts';
import { ListChunk } from './list-chunk.ts';
import { type CallSite, markTaskIndex } from './task-index.ts';

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
  /** Where the call was made, for the stack of its tasks' errors. */
  readonly site?: CallSite | undefined;
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
  /** Of a checked task: its items, from the validation on. */
  readonly #checked: CheckedItems | undefined;
  #isHandedOver = false;

  constructor(fn: TaskFunction, items: ArrayLike<unknown>, shape: MapShape, settings: CallSettings, listener: JobListener) {
    super(fn, settings);
    this.total = items.length;
    this.#items = items;
    this.#shape = shape;
    this.#listener = listener;
    this.#unsettled = items.length;
    this.#checked = fn.parseArguments === undefined ? undefined : new CheckedItems(this, shape.spread, items);
    this.scope = scopeHere();
  }

  get waiting(): number {
    if (this.over) return 0;
    return tasksOf(this.#returned) + (this.#checked === undefined ? this.total - this.#next : this.#checked.claimable);
  }
  override get isPending(): boolean {
    return this.#checked !== undefined && this.#returned.length === 0 && this.#checked.isPending;
  }
  /** A task of it was handed to a worker once. */
  get handedOver(): boolean {
    return this.#isHandedOver;
  }

  override validate(): void {
    this.#checked?.validate();
  }

  claim(most: number): Chunk | undefined {
    if (this.over) return undefined;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    const { chunksize, mostAtOnce } = this.#shape;
    // Chunks that the user cut stay whole: as many as fit, but never less than one.
    const wanted = chunksize === undefined ? Math.min(most, mostAtOnce) : Math.max(1, Math.floor(most / chunksize)) * chunksize;
    const chunk = this.#checked === undefined ? this.#cut(wanted) : this.#checked.cut(this, wanted);
    this.#isHandedOver ||= chunk !== undefined;
    return chunk;
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
    const unclaimed = (this.#checked?.size ?? this.total - this.#next) + tasksOf(this.#returned);
    this.#close(false, error);
    this.owner.tasksEnded(this.#unsettled, how, this.#unsettled - unclaimed);
  }

  /** How the task ended: `ok` is undefined where it has not, and never will once the whole has. */
  outcomeOf(index: number): { readonly ok: boolean | undefined; readonly value: unknown } {
    if (this.#failures?.has(index)) return { ok: false, value: this.#failures.get(index) };
    const results = this.#results ?? NONE;
    return { ok: Object.hasOwn(results, index) ? true : undefined, value: results[index] };
  }

  #cut(most: number): ListChunk | undefined {
    const base = this.#next;
    const count = Math.min(this.total - base, most);
    this.#next += count;
    return count === 0 ? undefined : new ListChunk(this, base, count, this.#items, base, this.#shape.spread);
  }

  #resultsNow(): unknown[] {
    this.#results ??= new Array(this.total);
    return this.#results;
  }

  #failed(index: number, error: unknown): void {
    markTaskIndex(error, index, this.#shape.site);
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
    this.#checked?.clear();
    this.owner.forget(this);
    this.#listener.jobSettled(ok, value);
  }

  #tellProgress(count: number): void {
    const { total } = this;
    const { onProgress } = this.#shape;
    for (let done = total - this.#unsettled - count + 1; onProgress !== undefined && done <= total - this.#unsettled; done++)
      this.tell('onProgress', onProgress, { completed: done, total });
  }
}
