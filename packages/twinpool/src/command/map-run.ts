/**
 * Runs the blocks of one `twinpool map`: reads when there is room, hands blocks to workers, and finds the record that ended a worker.
 *
 *   reading --the input ended--> ending --no block runs--> over
 *      |------a record failed--> ending                          (--on-error stop: what was accepted runs to its end)
 *      '------stop()-----------> over                            (a signal, a closed output, no workers: what runs is ended)
 *
 * A block that takes long: the worker gives back the records that have not begun, and they run in smaller blocks.
 *
 * A block whose worker was lost:
 *   the worker announced its end    the record that ran has failed, the rest of the block runs again
 *   it did not                      what was not reported as finished runs again, record by record: the one that ends its worker again has failed
 *
 * Invariants: a record that is known to be finished never runs again. Blocks are cut only while output, log and workers have room, so memory is bounded.
 * This file does not know files, signals and the form of records.
 */
import type { BlockCall, BlockReport, BlockResult, Part } from './block-messages.ts';
import { type BlockEntry, BlockResults, type ResultTarget } from './block-results.ts';
import { BlockSize } from './block-size.ts';
import { failureText } from './failure-text.ts';
import type { MapOptions } from './map-options.ts';
import { type Block, RecordCutter } from './records.ts';

/** Blocks and bytes of results that may wait for an earlier block. */
const MOST_HELD = 8192;
const MOST_HELD_BYTES = 32 * 1024 * 1024;
/** Bytes of records that are with workers. More: larger records keep all workers busy. */
const MOST_BYTES_RUNNING = 16 * 1024 * 1024;
const NOTHING = new Uint8Array(0);
const LOST = 'ERR_TWINPOOL_WORKER_LOST';
const BROKEN = new Set(['ERR_TWINPOOL_BROKEN_PROCESS_POOL', 'ERR_TWINPOOL_BROKEN_THREAD_POOL', 'ERR_TWINPOOL_BROKEN_EXECUTOR']);

export interface MapRunOptions {
  readonly options: MapOptions;
  readonly workers: number;
  readonly target: ResultTarget;
  /** The output or the log takes no more for now. */
  isFull(): boolean;
  /** Returns the next chunk of the input; `undefined` at its end. */
  read(): Promise<Buffer | undefined>;
  run(call: BlockCall): PromiseLike<BlockResult>;
}

interface RunningBlock {
  readonly entry: BlockEntry;
  /** The part of the entry's block that runs. */
  readonly block: Block;
  done: number;
  isDying: boolean;
}

interface ReturnedBlock {
  readonly entry: BlockEntry;
  readonly block: Block;
}

export class MapRun {
  readonly #given: MapRunOptions;
  readonly #cutter: RecordCutter;
  readonly #size: BlockSize;
  readonly results: BlockResults;
  readonly #running = new Map<number, RunningBlock>();
  /** Records that a worker gave back, in their order. They are accepted, and run before others. */
  readonly #returned: ReturnedBlock[] = [];
  #nextId = 0;
  #runningBytes = 0;
  #skipLeft: number;
  #isReading = false;
  #hasEnded = false;
  /** No record is accepted any more. */
  #isEnding = false;
  #isOver = false;
  readonly #over: PromiseWithResolvers<void>;

  constructor(given: MapRunOptions) {
    const { options } = given;
    this.#given = given;
    this.#cutter = new RecordCutter(options.format);
    // Each record is a call of its own: the limits of the user hold for one record.
    const isAlone = options.taskTimeout !== undefined || options.hasRetries;
    this.#size = new BlockSize(isAlone ? 1 : options.chunksize);
    this.#skipLeft = options.skip;
    this.results = new BlockResults(options.isOrdered, options.stopsOnError, options.skip, given.target);
    this.#over = withResolvers();
  }

  /** Resolves when all accepted records have ended, or after `stop`. Rejects when the input fails. */
  async run(): Promise<void> {
    this.advance();
    await this.#over.promise;
  }

  /** Accepts no more records and gives up those that run. */
  stop(error?: unknown): void {
    if (this.#isOver) return;
    this.#isOver = this.#isEnding = true;
    if (error === undefined) this.#over.resolve();
    else this.#over.reject(error);
  }

  /** A worker has finished a part of a block that it still runs. */
  reported({ id, part, isDying }: BlockReport): void {
    const running = this.#running.get(id);
    if (running === undefined || this.#isOver) return;
    if (part.count > 0) this.#put(running, part);
    running.isDying ||= isDying;
  }

  /** Hands over as many blocks as there is room for. To be called when something has ended, or has room again. */
  advance(): void {
    try {
      this.#startReturned();
      while (!this.#isEnding && this.#hasRoom()) {
        const block = this.#cutter.cut(this.#skipLeft > 0 ? this.#skipLeft : this.#size.records);
        if (block === undefined) {
          this.#read();
          break;
        }
        if (this.#skipLeft === 0) this.#accept(block);
        else {
          this.#skipLeft -= block.count;
          this.results.skip(block);
        }
      }
    } catch (error) {
      this.stop(error);
    }
    if (this.#isEnding && this.#running.size === 0 && this.#returned.length === 0) this.stop();
  }

  #hasRoom(): boolean {
    const { workers, isFull } = this.#given;
    const { held, heldBytes } = this.results;
    const running = this.#running.size;
    if (running >= workers * this.#size.ahead || (running >= workers && this.#runningBytes > MOST_BYTES_RUNNING)) return false;
    return held < MOST_HELD && heldBytes < MOST_HELD_BYTES && !isFull();
  }

  #read(): void {
    if (this.#hasEnded) this.#isEnding = true;
    if (this.#isReading || this.#isEnding) return;
    this.#isReading = true;
    this.#given.read().then(
      (chunk) => {
        this.#isReading = false;
        if (this.#isOver) return;
        try {
          if (chunk === undefined) {
            this.#hasEnded = true;
            this.#cutter.end();
          } else this.#cutter.push(chunk);
        } catch (error) {
          this.stop(error);
        }
        this.advance();
      },
      (error: unknown) => this.stop(error),
    );
  }

  #accept(block: Block): void {
    this.#startCounted(this.results.add(block), block);
  }

  /** Without a look at the results that wait: they may wait for these. */
  #startReturned(): void {
    const { workers } = this.#given;
    while (!this.#isOver && this.#running.size < workers * this.#size.ahead) {
      const returned = this.#returned.shift();
      if (returned === undefined) return;
      const { entry, block } = returned;
      const rest = restOf(block, this.#size.records, this.#given.options.format);
      if (rest === undefined) this.#startCounted(entry, block);
      else {
        this.#returned.unshift({ entry: this.results.split(entry, rest), block: rest });
        const bytes = block.bytes.subarray(0, block.bytes.length - rest.bytes.length);
        this.#startCounted(entry, { ...block, bytes, count: block.count - rest.count });
      }
    }
  }

  #startCounted(entry: BlockEntry, block: Block): void {
    this.#runningBytes += block.bytes.length;
    this.#start(entry, block, () => {
      this.#runningBytes -= block.bytes.length;
    });
  }

  /** @param ended called when all records of the block are finished. */
  #start(entry: BlockEntry, block: Block, ended: () => void): void {
    const id = this.#nextId++;
    const running = { entry, block, done: 0, isDying: false };
    this.#running.set(id, running);
    const { options, run } = this.#given;
    const { bytes, count, index, line } = block;
    const { format, isOrdered } = options;
    run({
      id,
      bytes,
      count,
      index,
      line,
      format,
      header: this.#cutter.header,
      isIndexed: !isOrdered,
      mayGiveBack: options.chunksize === undefined,
    }).then(
      (result) => {
        this.#running.delete(id);
        if (this.#isOver) return;
        this.#size.measured(result.done, result.took);
        const rest = restOf(block, result.done, format);
        if (rest !== undefined) this.#returned.push({ entry: this.results.split(entry, rest), block: rest });
        this.#put(running, result);
        ended();
        this.advance();
      },
      (error: unknown) => {
        this.#running.delete(id);
        if (this.#isOver) return;
        this.#failed(running, error, ended);
        this.advance();
      },
    );
  }

  /** The call of a block failed, which says nothing yet of its records. */
  #failed(running: RunningBlock, error: unknown, ended: () => void): void {
    const { block, entry, done, isDying } = running;
    const { code } = error as NodeJS.ErrnoException;
    const isLost = code === LOST;
    const isOne = block.count - done === 1;
    if (code !== undefined && BROKEN.has(code)) {
      this.stop(error);
      return;
    }
    if (isOne || (isLost && isDying)) {
      this.#fail(running, error);
      const rest = restOf(block, done + 1, this.#given.options.format);
      if (rest === undefined) ended();
      else this.#start(entry, rest, ended);
      return;
    }
    this.#startEach(entry, restOf(block, done, this.#given.options.format), ended);
  }

  #startEach(entry: BlockEntry, block: Block | undefined, ended: () => void): void {
    if (block === undefined) {
      ended();
      return;
    }
    const { format } = this.#given.options;
    const one = cutterOver(block, format).cut(1) as Block;
    const first = { ...one, index: block.index, line: block.line };
    this.#start(entry, first, () => this.#startEach(entry, restOf(block, 1, format), ended));
  }

  #fail(running: RunningBlock, error: unknown): void {
    const index = running.block.index + running.done;
    this.#put(running, { count: 1, bytes: NOTHING, failures: [{ at: 0, index, text: failureText(index, error) }] });
  }

  #put(running: RunningBlock, part: Part): void {
    running.done += part.count;
    if (part.failures.length > 0 && this.#given.options.stopsOnError) this.#isEnding = true;
    this.results.put(running.entry, part);
  }
}

/** The records of a block from `from` on; `undefined` if there are none. */
function restOf(block: Block, from: number, format: MapOptions['format']): Block | undefined {
  if (from >= block.count) return undefined;
  if (from === 0) return block;
  const cutter = cutterOver(block, format);
  let at = 0;
  let line = 0;
  for (let left = from; left > 0; ) {
    const cut = cutter.cut(left) as Block;
    left -= cut.count;
    at = cut.bytes.byteOffset + cut.bytes.length - block.bytes.byteOffset;
    line = cutter.line;
  }
  return { bytes: block.bytes.subarray(at), count: block.count - from, index: block.index + from, line: block.line + line - 1 };
}

/** Cuts a block again. It has no header, and its last line may have no end. */
function cutterOver(block: Block, format: MapOptions['format']): RecordCutter {
  return new RecordCutter(format, Buffer.from(block.bytes.buffer, block.bytes.byteOffset, block.bytes.length));
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function withResolvers(): PromiseWithResolvers<void> {
  let resolve: (() => void) | undefined;
  let reject: ((error: unknown) => void) | undefined;
  const promise = new Promise<void>((resolved, rejected) => {
    resolve = resolved;
    reject = rejected;
  });
  return { promise, resolve: resolve as () => void, reject: reject as (error: unknown) => void };
}
