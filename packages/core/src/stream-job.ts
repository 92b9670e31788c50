/**
 * A job whose input is pulled as it goes and whose outcomes are taken one by one: `imap`, `imapUnordered`, an executor's `map`.
 *
 * Decides how far the input may run ahead of the consumer, and the order of delivery. An item is *accepted* when it has been
 * pulled; then it has an outcome, whatever happens. Outcomes wait in `#ready` until the consumer takes them:
 *
 *   input --pull--> accepted --claim--> in a worker --settle--> #ready --take--> consumer
 *   '------------- at most `window` items from here to there ------------'
 *
 * Input ends in one of four ways, the first of which counts (`#input`): it is exhausted; it throws (its error is delivered after
 * the outcomes of the good items); `stopInput` (the facade was closed: likewise); `close` (the consumer left: nothing more is delivered).
 */
import { type CallSettings, type Chunk, type Ending, Job, LATER, parseArguments, tasksOf } from './job.ts';
import { Slice } from './map-job.ts';
import type { TaskFunction } from './task/task-function.ts';

export interface StreamShape {
  readonly spread: boolean;
  /** Outcomes by input order; else as they come. */
  readonly ordered: boolean;
  readonly chunksize: number | undefined;
  /** Items accepted ahead of the consumer; Infinity: no bound. */
  readonly window: number;
  /** A sync input is read as far as the window goes at once, not when a lane has room. */
  readonly eager?: boolean | undefined;
  readonly onProgress: ((progress: { completed: number; total: number | undefined }) => void) | undefined;
  /** How many items there will be, where that is known. */
  readonly total: number | undefined;
  /** Told of every failure when it comes, also of the input's own: for a consumer that does not wait for its turn. */
  readonly onFailure?: ((error: unknown, ofInput: boolean) => void) | undefined;
}

/** A sync input (pulled when a lane has room), an async one (pulled into a buffer), or items that are all accepted at once. */
export type StreamInput = { readonly sync: Iterator<unknown> } | { readonly async: AsyncIterator<unknown> } | { readonly items: unknown[] };

/** Called once for one `take`: an outcome, or (`ok` undefined) the end. `isLast`: the error is no task's but of the input, or of the whole. */
export type Taker = (ok: boolean | undefined, value: unknown, isLast: boolean) => void;

export class StreamJob extends Job {
  readonly #shape: StreamShape;
  readonly #sync: Iterator<unknown> | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  #input: 'open' | 'ended' = 'open';
  #window: number;
  /** Accepted but not claimed, by index; async inputs, eager ones and parsed arguments wait here. */
  readonly #buffer = new Fifo<unknown>();
  /** Index of the first item of the buffer. */
  #bufferBase = 0;
  readonly #returned: Chunk[] = [];
  #accepted = 0;
  #settled = 0;
  #taken = 0;
  /** Outcomes to be taken: by index for an ordered stream, by arrival else. */
  readonly #ready = new Map<number, { readonly ok: boolean; readonly value: unknown }>();
  #arrived = 0;
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
    if ('items' in input) {
      for (const item of input.items) this.#buffer.push(item);
      this.#accepted = input.items.length;
      this.#input = 'ended';
    }
  }

  /** Tasks accepted so far. */
  get accepted(): number {
    return this.#accepted;
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
    const base = this.#bufferBase;
    const items = this.#buffer.shiftMany(wanted);
    this.#bufferBase += items.length;
    return new Slice(this, base, items.length, items, 0, this.#shape.spread);
  }

  giveBack(chunk: Chunk): void {
    if (this.over) return;
    this.#returned.push(chunk);
    this.owner.wake(this);
  }

  settle(index: number, ok: boolean, value: unknown): void {
    if (this.over) return;
    this.#settled += 1;
    this.#ready.set(this.#shape.ordered ? index : this.#arrived++, { ok, value });
    this.#tellProgress();
    this.#finishIfDone();
    this.#deliver();
    this.owner.tasksEnded(1, ok ? 'completed' : 'failed');
    if (!ok) this.#shape.onFailure?.(value, false);
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
    this.#ready.clear();
    this.#lastError = undefined;
    // Takers that still wait are told the end by #deliver.
    this.#taken = this.#accepted;
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

  /** Accepted tasks that no lane has. */
  get #unclaimed(): number {
    return this.over ? 0 : this.#buffer.size + tasksOf(this.#returned) + (this.#parsing ? 1 : 0);
  }

  #room(): number {
    return Math.max(0, this.#window - (this.#accepted - this.#taken));
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
    const before = this.#taken;
    while (this.#takers.size > 0) {
      const outcome = this.#ready.get(this.#taken);
      if (outcome !== undefined) {
        this.#ready.delete(this.#taken);
        this.#taken += 1;
        this.#takers.shift()?.(outcome.ok, outcome.value, false);
        if (!outcome.ok && this.#takers.size === 0 && this.#pausesAtErrors) this.#paused = true;
      } else if (this.over) {
        const last = this.#lastError;
        this.#lastError = undefined;
        if (last === undefined) this.#takers.shift()?.(undefined, undefined, false);
        else this.#takers.shift()?.(false, last.error, true);
      } else break;
    }
    this.#updateHold();
    if (this.#taken > before) this.#wakeForRoom();
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
      const item = this.#buffer.shift();
      const index = this.#bufferBase++;
      const args = this.#parse(index, this.#shape.spread ? (item as readonly unknown[]) : [item]);
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

/** A first-in first-out list whose `shift` does not move the rest. */
class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head += 1;
    this.#compact();
    return item;
  }

  shiftMany(count: number): T[] {
    const items = this.#items.slice(this.#head, this.#head + count) as T[];
    this.#items.fill(undefined, this.#head, this.#head + items.length);
    this.#head += items.length;
    this.#compact();
    return items;
  }

  remove(item: T): boolean {
    const at = this.#items.indexOf(item, this.#head);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }

  #compact(): void {
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
