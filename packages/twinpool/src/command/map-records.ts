/**
 * The worker's side of `twinpool map`: loads the function, calls it with each record of a block, and writes the results as lines.
 *
 *   prepare (initializer) --> the function, or why it cannot be loaded        check --> the fault for the user, before the output is opened
 *   mapRecords(block) --record by record--> lines and failures --> result
 *                      '--REPORT_AFTER ms, or the worker ends--> report of what is finished; the result then has the rest
 *                      '--GIVE_BACK_AFTER ms--> result; the records that have not begun go back
 *
 * Invariants: the records of a block run one after the other. A record is finished once, in a report or in the result. `prepare` never throws: a worker
 * that replaces a lost one must start.
 * This file does not know other blocks, and not the order of the output.
 */
import { context, isWorker } from '@twinpool/core/worker';
import {
  type BlockCall,
  type BlockReport,
  type BlockResult,
  type Failure,
  type FunctionPlace,
  GIVE_BACK_AFTER,
  type Part,
} from './block-messages.ts';
import { failureText } from './failure-text.ts';
import { messageOf } from './misuse.ts';
import { type RecordReader, type RowParser, readerOf } from './record-reader.ts';

type RecordFunction = (record: unknown) => unknown;

/** ms. Longer: more records that had ended run again after a worker was lost without notice. Shorter: more messages. */
const REPORT_AFTER = 5;
/** Captured: a task may replace what it finds. */
const now = performance.now.bind(performance);

let fn: RecordFunction | undefined;
let fault: unknown;
let rowsOf: RowParser | undefined;
/** The block that runs. */
let running: BlockRun | undefined;

/** The initializer of each worker. */
export async function prepare(wanted: FunctionPlace): Promise<void> {
  announceEnds();
  try {
    if (wanted.format === 'csv') ({ rowsOf } = await import('./csv-fields.ts'));
    if (wanted.url !== undefined) fn = await loaded(wanted.url, wanted.exportName ?? 'default');
  } catch (error) {
    fault = error;
  }
}

/** Returns what is wrong with the function; `undefined` if it can be called. `make` returns the function of an expression. */
export function check(make?: () => unknown): string | undefined {
  if (fault !== undefined) return messageOf(fault);
  if (make === undefined) return undefined;
  const made = make();
  return typeof made === 'function' ? undefined : `expected a function, got ${typeof made}`;
}

/** Calls the function with each record of the block. */
export function mapRecords(call: BlockCall, make?: () => unknown): BlockResult | Promise<BlockResult> {
  fn ??= make?.() as RecordFunction | undefined;
  if (fn === undefined) throw fault ?? new Error('the function was not loaded');
  running = new BlockRun(call, fn, readerOf(call, rowsOf));
  return running.run();
}

/** An expression's function travels as text and reaches this module through a symbol, because it can import nothing relative. */
Object.defineProperty(globalThis, Symbol.for('twinpool.map'), { value: { check, mapRecords }, configurable: true });

async function loaded(url: string, exportName: string): Promise<RecordFunction> {
  let namespace: Record<string, unknown>;
  try {
    namespace = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`cannot load ${url}: ${adviceOf(error, url)}`);
  }
  const found = exportOf(namespace, exportName);
  if (typeof found === 'function') return found as RecordFunction;
  if (found !== undefined)
    throw new Error(`the export ${exportName} of ${url} is not a function but ${found === null ? 'null' : typeof found}`);
  const names = namesOf(namespace);
  throw new Error(`${url} has no export ${exportName}; ${names.length === 0 ? 'it has no exports' : `it has ${names.join(', ')}`}`);
}

/** CommonJS that is compiled has its exports on `module.exports`, which is the default export. */
function exportOf(namespace: Record<string, unknown>, name: string): unknown {
  const whole = namespace['default'] as Record<string, unknown> | undefined | null;
  if (name === 'default') return isCompiled(whole) && 'default' in whole ? whole['default'] : whole;
  if (Object.hasOwn(namespace, name)) return namespace[name];
  return (typeof whole === 'object' || typeof whole === 'function') && whole !== null && Object.hasOwn(whole, name)
    ? whole[name]
    : undefined;
}

function isCompiled(whole: unknown): whole is Record<string, unknown> {
  return typeof whole === 'object' && whole !== null && (whole as { __esModule?: unknown }).__esModule === true;
}

function namesOf(namespace: Record<string, unknown>): readonly string[] {
  const whole = namespace['default'];
  return Object.keys(typeof whole === 'object' && whole !== null ? { ...namespace, ...whole } : namespace).filter(
    (name) => name !== 'module.exports' && name !== '__esModule',
  );
}

function adviceOf(error: unknown, url: string): string {
  const { code } = error as NodeJS.ErrnoException;
  const isTypeScript = /\.[cm]?tsx?$/.test(url);
  const isUnread = code === 'ERR_UNKNOWN_FILE_EXTENSION' || (error instanceof SyntaxError && isTypeScript);
  if (!isTypeScript || !isUnread) return `${error instanceof Error ? `${error.name}: ` : ''}${messageOf(error)}`;
  return `Node.js ${process.versions.node} does not load this TypeScript (${messageOf(error)}); use Node.js 22.18 or newer, or a loader: NODE_OPTIONS="--import tsx" twinpool map ...`;
}

/**
 * The program learns how far a block is before this worker ends by a call of its own. A worker that is ended from outside, or by the engine, reports
 * nothing more.
 */
function announceEnds(): void {
  if (!isWorker) return;
  process.prependListener('exit', () => running?.dies());
  for (const name of ['abort', 'kill'] as const) {
    const original = process[name] as (...args: unknown[]) => never;
    const announced = (...args: unknown[]): unknown => {
      if (name === 'abort' || args[0] === process.pid) running?.dies();
      return Reflect.apply(original, process, args);
    };
    Object.assign(process, { [name]: announced });
  }
}

class BlockRun {
  readonly #call: BlockCall;
  readonly #fn: RecordFunction;
  readonly #reader: RecordReader;
  readonly #report = context().report;
  readonly #start = now();
  /** Records that have ended, and those of them that were reported. */
  #done = 0;
  #reported = 0;
  #reportedAt = this.#start;
  /** Lines that were not reported. */
  #lines = '';
  #failures: Failure[] = [];
  #givesBack = false;

  constructor(call: BlockCall, fn: RecordFunction, reader: RecordReader) {
    this.#call = call;
    this.#fn = fn;
    this.#reader = reader;
  }

  run(): BlockResult | Promise<BlockResult> {
    const waiting = this.#advance();
    return waiting === undefined ? this.#result() : this.#runOn(waiting);
  }

  async #runOn(first: PromiseLike<unknown>): Promise<BlockResult> {
    for (let waiting: PromiseLike<unknown> | undefined = first; waiting !== undefined; waiting = this.#advance()) {
      try {
        this.#finish(await waiting);
      } catch (error) {
        this.#fail(error);
      }
      this.#ended();
    }
    return this.#result();
  }

  /** Calls the function until it returns a promise, which is returned; `undefined` at the end of the block. */
  #advance(): PromiseLike<unknown> | undefined {
    const { count } = this.#call;
    while (this.#done < count && !this.#givesBack) {
      try {
        const value = this.#fn(this.#reader.next());
        if (isThenable(value)) return value;
        this.#finish(value);
      } catch (error) {
        this.#fail(error);
      }
      this.#ended();
    }
    return undefined;
  }

  #result(): BlockResult {
    running = undefined;
    const done = this.#done;
    return { ...this.#take(), done, took: now() - this.#start };
  }

  /** The worker ends while a record runs. */
  dies(): void {
    if (running !== this) return;
    running = undefined;
    try {
      this.#report({ id: this.#call.id, part: this.#take(), isDying: true } satisfies BlockReport);
    } catch {
      // The time limit of the block is over, or the program has gone.
    }
  }

  #finish(value: unknown): void {
    const text = JSON.stringify(value) ?? 'null';
    this.#lines += this.#call.isIndexed ? `{"index":${this.#call.index + this.#done},"value":${text}}\n` : `${text}\n`;
  }

  #fail(error: unknown): void {
    const index = this.#call.index + this.#done;
    this.#failures.push({ at: Buffer.byteLength(this.#lines), index, text: failureText(index, error) });
  }

  #ended(): void {
    this.#done += 1;
    if (this.#done === this.#call.count) return;
    const time = now();
    if (this.#call.mayGiveBack && time - this.#start > GIVE_BACK_AFTER) this.#givesBack = true;
    if (this.#givesBack || time - this.#reportedAt < REPORT_AFTER) return;
    this.#reportedAt = time;
    this.#report({ id: this.#call.id, part: this.#take(), isDying: false } satisfies BlockReport);
  }

  #take(): Part {
    const part = { count: this.#done - this.#reported, bytes: Buffer.from(this.#lines), failures: this.#failures };
    this.#reported = this.#done;
    this.#lines = '';
    this.#failures = [];
    return part;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}
