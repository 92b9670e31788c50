/**
 * StreamJob: a job whose input is read as the work goes on and whose outcomes are taken one by one (`imap`, `imapUnordered`, an executor's `map`).
 *
 *   input --pull--> accepted --claim--> in a worker --settle--> #ready --take--> consumer
 *   '------------- at most `window` items from here to there ------------'
 *                                                        '-- `mostBytes` --'
 *
 * - Items come in by `#accept` only. An accepted item has an outcome, whatever happens; an item that comes after the end is dropped.
 * - An input that throws ends after the outcomes of the good items, with its error; `stopInput` likewise. After `close` nothing more is delivered.
 * - The size of a result is known when it has arrived; what runs is expected to take as much as the last results.
 *
 * It decides how much may be read and run. stream-input-reader.ts has the states of the input; ready-outcomes.ts keeps the outcomes.
 */

import { Fifo } from '../primitives/fifo.ts';
import type { Scope } from '../primitives/user-code.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { CheckedItems } from './checked-items.ts';
import { type CallSettings, type Chunk, type Ending, Job, tasksOf } from './job.ts';
import { ReadyOutcomes } from './ready-outcomes.ts';
import { type InputSink, StreamInputReader } from './stream-input-reader.ts';
import type { StreamInput, StreamShape, Taker } from './stream-shape.ts';
import { markTaskIndex } from './task-index.ts';
import { TypedResults } from './typed-results.ts';
import { WaitingItems } from './waiting-items.ts';

export class StreamJob extends Job {
  readonly #shape: StreamShape;
  readonly #into: TypedResults | undefined;
  readonly #input: StreamInputReader;
  #window: number;
  #mostBytes: number;
  /** Accepted but not claimed. */
  readonly #buffer: WaitingItems | CheckedItems;
  readonly #returned: Chunk[] = [];
  #accepted = 0;
  #settled = 0;
  readonly #ready: ReadyOutcomes;
  readonly #takers = new Fifo<Taker>();
  /** Delivered once after the last outcome. */
  #lastError: { readonly error: unknown } | undefined;
  /** A delivered error pauses the input. */
  #pausesAtErrors = true;
  #isHandedOver = false;
  /** Accepted tasks that are not open work, because they wait for the consumer. */
  #aside = 0;

  constructor(fn: TaskFunction, input: StreamInput, shape: StreamShape, settings: CallSettings) {
    super(fn, settings);
    this.#shape = shape;
    this.#into = TypedResults.of(shape);
    this.#window = shape.window;
    this.#mostBytes = shape.mostBytes ?? Number.POSITIVE_INFINITY;
    this.captureScope();
    const sync = 'sync' in input ? input.sync : undefined;
    const async = 'async' in input ? input.async : undefined;
    this.#input = new StreamInputReader(this.scope as Scope, sync, async, this.#sink(fn.parseArguments === undefined));
    this.#ready = new ReadyOutcomes({
      ordered: shape.ordered,
      isMeasured: shape.mostBytes !== undefined,
      isIndexed: shape.indexed === true,
    });
    const items = 'items' in input ? input.items : undefined;
    this.#buffer = fn.parseArguments === undefined ? new WaitingItems(items, shape.spread) : new CheckedItems(this, shape.spread, items);
    if (items !== undefined) this.#accepted = items.length;
  }

  /** Tasks accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }
  /** Accepted tasks whose outcome was not taken. */
  get left(): number {
    return this.#accepted - this.#ready.taken;
  }
  get isAsync(): boolean {
    return this.#input.isAsync;
  }
  /** A task of it was handed to a worker once. */
  get isHandedOver(): boolean {
    return this.#isHandedOver;
  }

  override get chunksize(): number | undefined {
    return this.#shape.chunksize;
  }
  get waiting(): number {
    if (this.isOver) return 0;
    const back = tasksOf(this.#returned);
    const room = this.#roomToRun();
    if (room <= 0) return back;
    const toPull = this.#input.canPull ? this.#roomToPull() : 0;
    return back + Math.min(room, this.#buffer.claimable + toPull);
  }

  override validate(): void {
    if (this.#buffer instanceof CheckedItems) this.#buffer.validate();
  }

  /** Begins to read an input that is not read as lanes have room. */
  start(): void {
    if (this.#input.isAsync) this.#input.pullAsync();
    else if (this.#shape.eager) this.#input.pull(this.#room());
  }

  claim(most: number): Chunk | undefined {
    if (this.isOver) return undefined;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    const { chunksize } = this.#shape;
    const wanted = chunksize === undefined ? most : Math.max(1, Math.floor(most / chunksize)) * chunksize;
    if (this.#input.canPull) this.#input.pull(Math.min(wanted, this.#roomToPull()) - this.#buffer.claimable);
    const room = Math.min(wanted, this.#roomToRun());
    if (this.#buffer.claimable === 0 || this.isOver || room <= 0) return undefined;
    const chunk = this.#buffer.cut(this, room);
    this.#isHandedOver ||= chunk !== undefined;
    return chunk;
  }

  giveBack(chunk: Chunk): void {
    if (this.isOver) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.isOver) return;
    const into = this.#into;
    if (ok && into !== undefined && !into.put(index, value)) {
      this.settle(index, false, into.misfit(index, value));
      return;
    }
    if (!ok) markTaskIndex(value, index, this.#shape.site);
    this.#settled += 1;
    this.#ready.put(index, ok, value);
    this.#notifyProgress();
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(1, ok ? 'completed' : 'failed');
    if (!ok) this.#shape.onFailure?.(value, false);
  }

  /** The progress callback may end the stream at each task, and so may a result that does not fit. */
  override get settlesOneByOne(): boolean {
    const { onProgress, onFailure } = this.#shape;
    return onProgress !== undefined || (this.#into !== undefined && onFailure !== undefined);
  }

  override misfit(index: number, result: unknown): unknown {
    return this.#into?.misfit(index, result);
  }

  override settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (this.isOver) return;
    if (this.settlesOneByOne || this.#into?.putRange(index, values, from, count) === false) {
      super.settleRange(index, values, from, count);
      return;
    }
    this.#settled += count;
    this.#ready.putRange(index, values, from, count);
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(count, 'completed');
  }

  /** Ends everything: what has an outcome is still delivered, then `error`. */
  end(error: unknown, how: Ending): void {
    if (this.isOver) return;
    this.#setAside(0);
    const unsettled = this.#accepted - this.#settled;
    const inLanes = unsettled - this.#unclaimed();
    this.#lastError ??= { error };
    this.#finish();
    this.owner.tasksEnded(unsettled, how, inLanes);
    void this.#input.close();
    this.#deliver();
  }

  override endWaiting(error: unknown, how: Ending): void {
    if (this.isOver) return;
    this.#setAside(0);
    const dropped = this.#buffer.size + tasksOf(this.#returned);
    this.#buffer.clear();
    this.#returned.length = 0;
    this.#accepted -= dropped;
    this.#lastError ??= { error };
    void this.#input.close();
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(dropped, how);
  }

  /** No further input; what was accepted is delivered, then `error`. */
  stopInput(error: unknown): void {
    if (this.isOver || this.#input.hasEnded) return;
    this.#lastError ??= { error };
    void this.#input.close();
    this.#finishIfDone();
    this.#deliver();
  }

  /** The consumer left: what is unclaimed never runs, nothing more is delivered, the input is closed. Returns when it is. */
  close(): Promise<void> {
    this.#setAside(0);
    const unsettled = this.isOver ? 0 : this.#accepted - this.#settled;
    const inLanes = unsettled - this.#unclaimed();
    const wasOver = this.isOver;
    // #deliver notifies the takers that still wait.
    this.#ready.clear(this.#accepted);
    this.#lastError = undefined;
    if (!wasOver) this.#finish();
    if (unsettled > 0) this.owner.tasksEnded(unsettled, 'cancelled', inLanes);
    const closed = this.#input.close();
    this.#deliver();
    return closed;
  }

  /** An error was delivered and the consumer has not asked again: the job is not open work. */
  get isPaused(): boolean {
    return this.#input.isPaused;
  }

  /** The consumer takes errors as it takes values: none of them is the end of its loop. */
  takeErrorsToo(): void {
    this.#pausesAtErrors = false;
    this.#input.resume();
  }

  /** Lifts the window of a sync input, and what bounds the results of any, so that waiting for the end of the work can come to one. */
  lift(): void {
    if (this.isOver) return;
    if (this.#mostBytes !== Number.POSITIVE_INFINITY) {
      this.#mostBytes = Number.POSITIVE_INFINITY;
      this.#setAside(0);
      this.owner.wake(this);
    }
    if (!this.#input.liftWindow()) return;
    this.#window = Number.POSITIVE_INFINITY;
    this.owner.wake(this);
  }

  /** Asks for the next outcome. Returns a function that takes the question back, and says whether it was still open. */
  take(taker: Taker): () => boolean {
    this.#input.resume();
    this.#takers.push(taker);
    this.#deliver();
    this.#wakeForRoom();
    return () => {
      const wasOpen = this.#takers.remove(taker);
      this.#input.updateHold();
      return wasOpen;
    };
  }

  /**
   * The next values; none if a taker waits for them. Ask again until there are none, then `take`: an error is next, or nothing has
   * come. Until then the input is not read on.
   */
  takeValues(): unknown[] {
    const values = this.#takers.size > 0 ? [] : this.#ready.takeValues();
    if (this.#aside > 0) this.#deliver();
    return values;
  }

  /** Takes all values that lie ready, and reads the input on, as `take` does. None if a taker waits, or if an error is next. */
  takeReady(): unknown[] {
    this.#input.resume();
    const lists: unknown[][] = [];
    for (let values = this.takeValues(); values.length > 0; values = this.takeValues()) lists.push(values);
    const [first = [], ...others] = lists;
    if (first.length > 0) this.#wakeForRoom();
    return others.length === 0 ? first : first.concat(...others);
  }

  /** Accepted tasks that no lane has. */
  #unclaimed(): number {
    return this.isOver ? 0 : this.#buffer.size + tasksOf(this.#returned);
  }

  /** How many items may be accepted ahead of the consumer. */
  #reach(): number {
    const { meanSize } = this.#ready;
    return meanSize === 0 ? this.#window : Math.min(this.#window, Math.max(1, Math.floor(this.#mostBytes / meanSize)));
  }

  #room(): number {
    return Math.max(0, this.#reach() - this.left);
  }

  /** How many tasks may run: their results and those that are there are to be no more than `mostBytes`; one always may, where nothing is there. */
  #roomToRun(): number {
    const { bytes, meanSize } = this.#ready;
    if (meanSize === 0 || this.#mostBytes === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    const inLanes = this.#accepted - this.#settled - this.#unclaimed();
    if (inLanes === 0 && bytes === 0) return 1 + Math.floor(this.#mostBytes / meanSize);
    return Math.floor((this.#mostBytes - bytes) / meanSize) - inLanes;
  }

  /**
   * What may be pulled now: nothing until an eighth of the window is free, while the consumer has outcomes to take. One item a time
   * would mean one message per task.
   */
  #roomToPull(): number {
    const reach = this.#reach();
    const room = Math.max(0, reach - this.left);
    return this.#takers.size > 0 || room === reach || room >= Math.ceil(reach / 8) ? room : 0;
  }

  #sink(takesMany: boolean): InputSink {
    return {
      accept: (item) => {
        if (this.#accept(item) && this.#input.isAsync) this.owner.wake(this);
      },
      acceptMany: takesMany ? (items) => this.#acceptMany(items) : undefined,
      failed: (error) => {
        this.#lastError ??= { error };
      },
      failedLater: (error) => this.#shape.onFailure?.(error, true),
      stopped: () => {
        this.#finishIfDone();
        this.#deliver();
      },
      room: () => this.#room(),
      isAsked: () => this.#takers.size > 0,
      hold: () => this.owner.hold(),
      release: () => this.owner.release(),
      warn: (error) => this.owner.warn(error, "the input's return()"),
    };
  }

  /** Returns whether the item was accepted: not after the end. */
  #accept(item: unknown): boolean {
    if (this.#input.hasEnded || this.isOver) return false;
    this.#accepted += 1;
    this.owner.tasksAccepted(1);
    // A schema is code of the user: what it finds is counted.
    this.#buffer.push(item);
    if (this.#aside > 0) this.#setAside(this.#isFull() ? this.#unclaimed() : 0);
    return true;
  }

  /** Accepts items of a task without a schema. */
  #acceptMany(items: unknown[]): void {
    if (this.#input.hasEnded || this.isOver) return;
    this.#accepted += items.length;
    this.owner.tasksAccepted(items.length);
    (this.#buffer as WaitingItems).pushMany(items);
    if (this.#aside > 0) this.#setAside(this.#isFull() ? this.#unclaimed() : 0);
  }

  /** Nothing runs, since the consumer does not take what is there. */
  #isFull(): boolean {
    if (this.isOver || this.#takers.size > 0 || this.#ready.bytes === 0) return false;
    return this.#roomToRun() <= 0 && this.#accepted - this.#settled === this.#buffer.size;
  }

  #setAside(count: number): void {
    if (count === this.#aside) return;
    const more = count - this.#aside;
    this.#aside = count;
    this.owner.setAside(more);
  }

  #deliver(): void {
    const ready = this.#ready;
    const before = ready.taken;
    while (this.#takers.size > 0) {
      const { ok } = ready;
      if (ok !== undefined) {
        const value = ready.take();
        this.#takers.shift()?.(ok, value, false);
        if (!ok && this.#takers.size === 0 && this.#pausesAtErrors) this.#input.pause();
      } else if (this.isOver) {
        const last = this.#lastError;
        this.#lastError = undefined;
        if (last === undefined) this.#takers.shift()?.(undefined, undefined, false);
        else this.#takers.shift()?.(false, last.error, true);
      } else break;
    }
    this.#input.updateHold();
    this.#setAside(this.#isFull() ? this.#unclaimed() : 0);
    if (ready.taken > before) this.#wakeForRoom();
  }

  /** The consumer took something: the input may run further ahead. */
  #wakeForRoom(): void {
    if (this.isOver || !this.#input.mayRead || this.#roomToPull() === 0) return;
    this.start();
    if (!this.isOver && !this.#input.isAsync) this.owner.wake(this);
  }

  #finishIfDone(): void {
    if (!this.isOver && this.#input.hasEnded && this.#settled === this.#accepted) this.#finish();
  }

  #finish(): void {
    this.markOver();
    this.#buffer.clear();
    this.#returned.length = 0;
    this.owner.forget(this);
  }

  #notifyProgress(): void {
    const { onProgress, total } = this.#shape;
    if (onProgress !== undefined)
      this.notify('onProgress', onProgress, { completed: this.#settled, total: this.#input.hasEnded ? this.#accepted : total });
  }
}
