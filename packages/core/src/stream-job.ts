/**
 * A job whose input is pulled as it goes and whose outcomes are taken one by one: `imap`, `imapUnordered`, an executor's `map`.
 *
 * Decides how far the input may run ahead of the consumer, and the order of delivery. An item is *accepted* when it has been
 * pulled; then it has an outcome, whatever happens. Outcomes wait in `#ready` until the consumer takes them, or all that lie there at once:
 *
 *   input --pull--> accepted --claim--> in a worker --settle--> #ready --take--> consumer
 *   '------------- at most `window` items from here to there ------------'
 *
 * Input ends in one of four ways, the first of which counts (`#input`): it is exhausted; it throws (its error is delivered after
 * the outcomes of the good items); `stopInput` (the facade was closed: likewise); `close` (the consumer left: nothing more is delivered).
 */
import { Fifo } from './fifo.ts';
import { type CallSettings, type Chunk, type Ending, Job, LATER, parseArguments, tasksOf } from './job.ts';
import { Slice } from './map-job.ts';
import { ReadyOutcomes } from './ready-outcomes.ts';
import type { StreamInput, StreamShape, Taker } from './stream-shape.ts';
import type { TaskFunction } from './task/task-function.ts';
import { WaitingItems } from './waiting-items.ts';

export class StreamJob extends Job {
  readonly #shape: StreamShape;
  readonly #sync: Iterator<unknown> | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  #input: 'open' | 'ended' = 'open';
  #window: number;
  /** Accepted but not claimed. */
  readonly #buffer: WaitingItems;
  readonly #returned: Chunk[] = [];
  #accepted = 0;
  #settled = 0;
  readonly #ready: ReadyOutcomes;
  readonly #takers = new Fifo<Taker>();
  /** Delivered once after the last outcome. */
  #lastError: { readonly error: unknown } | undefined;
  /** An error was delivered: nothing is pulled until the consumer asks again. */
  #paused = false;
  #pausesAtErrors = true;
  #pulling = false;
  #parsing = false;
  /** While `join` waits, an unfinished sync input is read to its end. */
  #lifted = false;
  /** The owner was told that there is open work beside the tasks. */
  #held = false;

  constructor(fn: TaskFunction, input: StreamInput, shape: StreamShape, settings: CallSettings) {
    super(fn, settings);
    this.#shape = shape;
    this.#window = shape.window;
    this.#sync = 'sync' in input ? input.sync : undefined;
    this.#async = 'async' in input ? input.async : undefined;
    this.#ready = new ReadyOutcomes(shape.ordered);
    this.#buffer = new WaitingItems('items' in input ? input.items : undefined);
    if ('items' in input) {
      this.#accepted = input.items.length;
      this.#input = 'ended';
    }
  }

  /** Tasks accepted so far. */
  get accepted(): number {
    return this.#accepted;
  }
  /** Of them, those whose outcome was not taken. */
  get left(): number {
    return this.#accepted - this.#ready.taken;
  }
  get isAsync(): boolean {
    return this.#async !== undefined;
  }
  get inputEnded(): boolean {
    return this.#input === 'ended';
  }

  get waiting(): number {
    if (this.over) return 0;
    const back = tasksOf(this.#returned);
    if (this.#parsing) return back;
    return back + this.#buffer.size + (this.#sync !== undefined && this.#mayPull() ? this.#roomToPull() : 0);
  }

  /** Begins to read an input that is not read as lanes have room. */
  start(): void {
    if (this.#async !== undefined) void this.#pullAsync(this.#async);
    else if (this.#sync !== undefined && this.#shape.eager) this.#pullSync(this.#sync, this.#room());
  }

  claim(most: number): Chunk | undefined {
    if (this.over) return undefined;
    const back = this.#returned.pop();
    if (back !== undefined) {
      if (back.count > most) this.#returned.push(back.splitTail(back.count - most));
      return back;
    }
    if (this.#parsing) return undefined;
    const { chunksize } = this.#shape;
    const wanted = chunksize === undefined ? most : Math.max(1, Math.floor(most / chunksize)) * chunksize;
    if (this.#sync !== undefined) this.#pullSync(this.#sync, Math.min(wanted, this.#roomToPull()) - this.#buffer.size);
    if (this.#buffer.size === 0 || this.over) return undefined;
    if (this.fn.parseArguments !== undefined) return this.#claimParsed();
    return this.#buffer.cut(this, wanted, this.#shape.spread);
  }

  giveBack(chunk: Chunk): void {
    if (this.over) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.over) return;
    this.#settled += 1;
    this.#ready.put(index, ok, value);
    this.#tellProgress();
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(1, ok ? 'completed' : 'failed');
    if (!ok) this.#shape.onFailure?.(value, false);
  }

  override settleRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    if (this.over) return;
    // Whoever is told of progress may end the stream at each of them.
    if (this.#shape.onProgress !== undefined) {
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
    if (this.over) return;
    const unsettled = this.#accepted - this.#settled;
    const inLanes = unsettled - this.#unclaimed;
    this.#lastError ??= { error };
    this.#finish();
    this.owner.tasksEnded(unsettled, how, inLanes);
    void this.#closeInput();
    this.#deliver();
  }

  override endWaiting(error: unknown, how: Ending): void {
    if (this.over) return;
    const dropped = this.#buffer.size + tasksOf(this.#returned);
    this.#buffer.clear();
    this.#returned.length = 0;
    this.#accepted -= dropped;
    this.#lastError ??= { error };
    void this.#closeInput();
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(dropped, how);
  }

  /** No further input; what was accepted is delivered, then `error`. */
  stopInput(error: unknown): void {
    if (this.over || this.#input === 'ended') return;
    this.#lastError ??= { error };
    void this.#closeInput();
    this.#finishIfDone();
    this.#deliver();
  }

  /** The consumer left: what is unclaimed never runs, nothing more is delivered, the input is closed. Returns when it is. */
  close(): Promise<void> {
    const unsettled = this.over ? 0 : this.#accepted - this.#settled;
    const inLanes = unsettled - this.#unclaimed;
    const wasOver = this.over;
    // Takers that still wait are told the end by #deliver.
    this.#ready.clear(this.#accepted);
    this.#lastError = undefined;
    if (!wasOver) this.#finish();
    if (unsettled > 0) this.owner.tasksEnded(unsettled, 'cancelled', inLanes);
    const closed = this.#closeInput();
    this.#deliver();
    return closed;
  }

  /** An error was delivered and the consumer has not asked again: it is no open work. */
  get isPaused(): boolean {
    return this.#paused;
  }

  /** The consumer takes errors as it takes values: none of them is the end of its loop. */
  takeErrorsToo(): void {
    this.#pausesAtErrors = false;
    this.#paused = false;
  }

  /** Lifts the window of a sync input, so that waiting for the end of the work can come to one. */
  lift(): void {
    if (this.over || this.#sync === undefined || this.#input === 'ended' || this.#lifted || this.#paused) return;
    this.#window = Number.POSITIVE_INFINITY;
    this.#lifted = true;
    this.#updateHold();
    this.owner.wake(this);
  }

  /** Asks for the next outcome. Returns a function that takes the question back, and says whether it was still open. */
  take(taker: Taker): () => boolean {
    this.#paused = false;
    this.#takers.push(taker);
    this.#deliver();
    this.#wakeForRoom();
    return () => {
      const wasOpen = this.#takers.remove(taker);
      this.#updateHold();
      return wasOpen;
    };
  }

  /**
   * Values that are next, none if somebody waits for them. Ask again until there are none, then `take`: an error is next, or nothing has
   * come. Until then the input is not read on.
   */
  takeValues(): unknown[] {
    return this.#takers.size > 0 ? [] : this.#ready.takeValues();
  }

  /** Accepted tasks that no lane has. */
  get #unclaimed(): number {
    return this.over ? 0 : this.#buffer.size + tasksOf(this.#returned) + (this.#parsing ? 1 : 0);
  }

  #room(): number {
    return Math.max(0, this.#window - this.left);
  }

  /**
   * What may be pulled now: nothing until an eighth of the window is free, while the consumer has outcomes to take. One item a time
   * would mean one message a task.
   */
  #roomToPull(): number {
    const room = this.#room();
    return this.#takers.size > 0 || room === this.#window || room >= Math.ceil(this.#window / 8) ? room : 0;
  }

  #mayPull(): boolean {
    return this.#input === 'open' && !this.#paused;
  }

  #pullSync(input: Iterator<unknown>, count: number): void {
    // `#pulling`: the input's own code may call the API, and so get here again.
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      for (let i = 0; i < count && this.#mayPull(); i++) {
        const { done, value } = input.next();
        if (done) this.#endInput();
        else this.#accept(value);
      }
    } catch (error) {
      this.#lastError ??= { error };
      this.#endInput();
    } finally {
      this.#pulling = false;
    }
    this.#finishIfDone();
    this.#deliver();
  }

  async #pullAsync(input: AsyncIterator<unknown>): Promise<void> {
    if (this.#pulling) return;
    this.#pulling = true;
    try {
      while (this.#mayPull() && this.#room() > 0) {
        const { done, value } = await input.next();
        if (this.#input === 'ended') break;
        if (done) this.#endInput();
        else {
          this.#accept(value);
          this.owner.wake(this);
        }
      }
    } catch (error) {
      const isNews = this.#input === 'open';
      if (isNews) this.#lastError ??= { error };
      this.#endInput();
      if (isNews) this.#shape.onFailure?.(error, true);
    } finally {
      this.#pulling = false;
    }
    this.#finishIfDone();
    this.#deliver();
  }

  #accept(item: unknown): void {
    this.#buffer.push(item);
    this.#accepted += 1;
    this.owner.tasksAccepted(1);
  }

  /** Nothing more is read. */
  #endInput(): void {
    this.#input = 'ended';
    this.#updateHold();
  }

  /** A sync input is open work while it is to be read to its end, or while somebody waits for what comes of it. */
  #updateHold(): void {
    const isOpen = this.#sync !== undefined && this.#input === 'open' && ((this.#lifted && !this.#paused) || this.#takers.size > 0);
    if (isOpen === this.#held) return;
    this.#held = isOpen;
    if (isOpen) this.owner.hold();
    else this.owner.release();
  }

  /** The same for an input that has not ended by itself: it is told, once. Resolves when it has closed. */
  async #closeInput(): Promise<void> {
    if (this.#input === 'ended') return;
    this.#endInput();
    try {
      await (this.#async === undefined ? this.#sync?.return?.() : this.#async.return?.());
    } catch (error) {
      this.owner.warn(error, "the input's return()");
    }
  }

  #deliver(): void {
    const ready = this.#ready;
    const before = ready.taken;
    while (this.#takers.size > 0) {
      const { ok } = ready;
      if (ok !== undefined) {
        const value = ready.take();
        this.#takers.shift()?.(ok, value, false);
        if (!ok && this.#takers.size === 0 && this.#pausesAtErrors) this.#paused = true;
      } else if (this.over) {
        const last = this.#lastError;
        this.#lastError = undefined;
        if (last === undefined) this.#takers.shift()?.(undefined, undefined, false);
        else this.#takers.shift()?.(false, last.error, true);
      } else break;
    }
    this.#updateHold();
    if (ready.taken > before) this.#wakeForRoom();
  }

  /** The consumer took something: the input may run further ahead. */
  #wakeForRoom(): void {
    if (this.over || !this.#mayPull() || this.#roomToPull() === 0) return;
    this.start();
    if (!this.over && this.#async === undefined) this.owner.wake(this);
  }

  #finishIfDone(): void {
    if (!this.over && this.#input === 'ended' && this.#settled === this.#accepted) this.#finish();
  }

  #finish(): void {
    this.over = true;
    this.#buffer.clear();
    this.#returned.length = 0;
    this.owner.forget(this);
  }

  #tellProgress(): void {
    try {
      const { onProgress, total } = this.#shape;
      onProgress?.({ completed: this.#settled, total: this.#input === 'ended' ? this.#accepted : total });
    } catch (error) {
      this.owner.warn(error, 'onProgress');
    }
  }

  #claimParsed(): Chunk | undefined {
    while (this.#buffer.size > 0 && !this.over) {
      const one = this.#buffer.cut(this, 1, this.#shape.spread);
      const index = one.base;
      const item = one.at(0);
      const args = this.#parse(index, one.spread ? (item as readonly unknown[]) : [item]);
      if (args === LATER) return undefined;
      if (args !== undefined) return new Slice(this, index, 1, [args], 0, true);
    }
    return undefined;
  }

  #parse(index: number, args: readonly unknown[]): unknown[] | typeof LATER | undefined {
    let here = true;
    let failedHere = false;
    const parsed = parseArguments(this, args, (ok, value) => {
      this.#parsing = false;
      if (this.over) return;
      if (ok) this.#returned.push(new Slice(this, index, 1, [value], 0, true));
      else {
        failedHere = here;
        this.settle(index, false, value);
      }
      if (!here && !this.over) this.owner.wake(this);
    });
    here = false;
    if (parsed === LATER && !failedHere) this.#parsing = true;
    return failedHere ? undefined : parsed;
  }
}
