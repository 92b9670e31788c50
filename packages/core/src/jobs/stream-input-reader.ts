/**
 * StreamInputReader: reads the input of a stream, as far as the stream allows, and closes it.
 *
 *   open --pull--> pulling --the room is full, or paused--> open            code of the input runs, or an asynchronous step is awaited
 *     |               |--exhausted | threw--> ended
 *     |               |--close (asynchronous input)--> ended                its return() is called at once
 *     |               '--close (synchronous input)--> closing --its code has returned--> ended
 *     '--close--> ended                                                     a generator cannot be closed from inside
 *
 *   demand:   'window' --liftWindow--> 'end'      while join() waits, a synchronous input is read to its end
 *   paused:   false --pause--> true --resume--> false      an error was delivered; nothing is read until the consumer asks again
 *
 * - After `closing` or `ended` no item is passed on. return() is called at most once, and never for an input that is exhausted or has thrown.
 * - A synchronous input is open work (`hold`) while it is read to its end, or while the consumer waits for an outcome.
 * - Code of the input runs in the async context of the call. It may call the API, and so get here again.
 *
 * It does not know tasks, outcomes and how large the window is.
 */
import { checkStep, type Scope, stepOf, watchReturned } from '../primitives/user-code.ts';
import { ListReader } from './list-reader.ts';

/** What a reader asks of its stream, and what it reports to it. */
export interface InputSink {
  /** An item was read. */
  accept(item: unknown): void;
  /** Many items were read at once. The sink owns the array. Undefined: the sink takes them one by one. */
  readonly acceptMany: ((items: unknown[]) => void) | undefined;
  /** The input threw. It has not ended yet. */
  failed(error: unknown): void;
  /** An asynchronous input threw, and has ended. */
  failedLater(error: unknown): void;
  /** The reader stops for now or, if the input has ended, for good. */
  stopped(): void;
  /** Items that an asynchronous input may add now. */
  room(): number;
  /** The consumer waits for an outcome. */
  isAsked(): boolean;
  /** The input is open work, until `release`. */
  hold(): void;
  release(): void;
  /** The input's return() threw. */
  warn(error: unknown): void;
}

export class StreamInputReader {
  readonly #scope: Scope;
  readonly #sync: Iterator<unknown> | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  readonly #sink: InputSink;
  #state: 'open' | 'pulling' | 'closing' | 'ended';
  #demand: 'window' | 'end' = 'window';
  #isPaused = false;
  #isHeld = false;
  /** Resolves when the input has closed. */
  #closed: Promise<void> = Promise.resolve();
  #resolveClosed: ((closed: Promise<void> | undefined) => void) | undefined;

  /** Without an input it has ended. */
  constructor(scope: Scope, sync: Iterator<unknown> | undefined, async: AsyncIterator<unknown> | undefined, sink: InputSink) {
    this.#scope = scope;
    this.#sync = sync;
    this.#async = async;
    this.#sink = sink;
    this.#state = sync === undefined && async === undefined ? 'ended' : 'open';
  }

  get isSync(): boolean {
    return this.#sync !== undefined;
  }
  get isAsync(): boolean {
    return this.#async !== undefined;
  }
  /** No further item comes. */
  get hasEnded(): boolean {
    return this.#state === 'ended' || this.#state === 'closing';
  }
  get isPaused(): boolean {
    return this.#isPaused;
  }
  /** Items may be read, if there is room. */
  get mayRead(): boolean {
    return !this.#isPaused && !this.hasEnded;
  }
  /** `pull` would read now. */
  get canPull(): boolean {
    return this.#sync !== undefined && this.#state === 'open' && !this.#isPaused;
  }

  /** Reads up to `most` items of a synchronous input. */
  pull(most: number): void {
    if (most <= 0 || !this.canPull) return;
    this.#state = 'pulling';
    this.#scope.runInAsyncScope(this.#readSync, this, most);
    this.#stop();
  }

  /** Reads an asynchronous input while there is room. */
  pullAsync(): void {
    if (this.#async !== undefined && this.#state !== 'pulling') void this.#scope.runInAsyncScope(this.#readAsync, this, this.#async);
  }

  /** An error was delivered: nothing is read until the consumer asks again. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** From now on a synchronous input is read to its end. Returns whether that is news. */
  liftWindow(): boolean {
    if (this.#sync === undefined || this.#demand === 'end' || !this.mayRead) return false;
    this.#demand = 'end';
    this.updateHold();
    return true;
  }

  /** Nothing more is read; the input's return() is called once. Resolves when it has closed. */
  close(): Promise<void> {
    if (this.hasEnded) return this.#closed;
    if (this.#sync !== undefined && this.#state === 'pulling') {
      this.#state = 'closing';
      this.#closed = new Promise((resolve) => {
        this.#resolveClosed = resolve;
      });
      this.updateHold();
    } else {
      this.#end();
      this.#closed = this.#scope.runInAsyncScope(this.#callReturn, this);
    }
    return this.#closed;
  }

  /** The input, the demand or what the consumer waits for has changed. */
  updateHold(): void {
    const isOpen = this.#sync !== undefined && !this.hasEnded && ((this.#demand === 'end' && !this.#isPaused) || this.#sink.isAsked());
    if (isOpen === this.#isHeld) return;
    this.#isHeld = isOpen;
    if (isOpen) this.#sink.hold();
    else this.#sink.release();
  }

  #readSync(most: number): void {
    const input = this.#sync as Iterator<unknown>;
    const { acceptMany } = this.#sink;
    try {
      if (input instanceof ListReader && acceptMany !== undefined) this.#readMany(input, most, acceptMany);
      else
        for (let i = 0; i < most && this.mayRead; i++) {
          const step = stepOf(input);
          if (step.done) this.#exhausted();
          else if (!this.hasEnded) this.#sink.accept(step.value);
        }
    } catch (error) {
      if (!this.hasEnded) this.#sink.failed(error);
      this.#exhausted();
    }
    if (this.#state === 'closing') this.#closeNow(this.#callReturn());
  }

  /** A getter of the array is code of the user: it may close the input, or throw. */
  #readMany(input: ListReader, most: number, acceptMany: (items: unknown[]) => void): void {
    const items: unknown[] = [];
    try {
      input.readInto(items, most);
    } finally {
      if (items.length > 0 && !this.hasEnded) acceptMany(items);
    }
    if (input.isExhausted) this.#exhausted();
  }

  async #readAsync(input: AsyncIterator<unknown>): Promise<void> {
    if (this.#state === 'open') this.#state = 'pulling';
    try {
      while (this.mayRead && this.#sink.room() > 0) {
        const step: unknown = await input.next();
        checkStep(step);
        if (step.done) this.#end();
        else if (!this.hasEnded) this.#sink.accept(step.value);
      }
    } catch (error) {
      const isNews = !this.hasEnded;
      if (isNews) this.#sink.failed(error);
      this.#end();
      if (isNews) this.#sink.failedLater(error);
    }
    this.#stop();
  }

  #stop(): void {
    if (this.#state === 'pulling') this.#state = 'open';
    this.#sink.stopped();
  }

  /** A synchronous input is exhausted or has thrown: nothing is left to close. */
  #exhausted(): void {
    if (this.#state === 'closing') this.#closeNow(undefined);
    else this.#end();
  }

  #closeNow(closed: Promise<void> | undefined): void {
    this.#state = 'ended';
    this.#resolveClosed?.(closed);
  }

  #end(): void {
    this.#state = 'ended';
    this.updateHold();
  }

  async #callReturn(): Promise<void> {
    const fail = (error: unknown) => this.#sink.warn(error);
    try {
      if (this.#async !== undefined) await this.#async.return?.();
      else watchReturned(this.#sync?.return?.(), fail);
    } catch (error) {
      fail(error);
    }
  }
}
