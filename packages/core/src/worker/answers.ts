/**
 * The outcomes of tasks on their way back: gathered, measured, sent together.
 *
 * Decides what an outcome looks like on the wire and when a message is closed. When one must be closed at the latest is the rule in
 * wire/budget.ts, which the Runner applies. A value that cannot be sent is an outcome too: the task failed, the worker lives on.
 */
import { inspect } from 'node:util';
import { TaskSerializationError } from '../errors.ts';
import { now } from '../primitives/time.ts';
import { mayWait, spend } from '../wire/budget.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  AS_BYTES,
  AS_SEPARATE,
  AS_THROWN,
  EXITING,
  LATE,
  REPORT,
  SEPARATE_VALUE,
  STARTED,
} from '../wire/messages.ts';
import { isPrimitive, packedNumbers, packNumbers } from '../wire/pack-runs.ts';
import { BYTES, Packer, PLAIN, SEPARATE } from '../wire/packer.ts';
import { encodeThrown } from '../wire/thrown.ts';
import type { FarEnd } from './transport.ts';

/** The longest time, in ms, that finished answers wait where tasks turn out longer than expected. */
const LONGEST_WAIT = 0.2;
/** Room for so many at first. */
const FEW_NUMBERS = 256;
/** Characters of a value in an error. */
const LONGEST_TEXT = 200;

export class Answers {
  /** The last message that is behind us; sent with the answers. */
  acknowledged = 0;
  /** Of it, what the other side knows. */
  #acknowledgedThere = 0;
  readonly #far: FarEnd;
  readonly #packer: Packer;
  #values: unknown[] = [];
  /** As long as there is nothing else: values that are numbers. */
  #numbers = new Float64Array(FEW_NUMBERS);
  #count = 0;
  #specials: unknown[] | undefined;
  /** Of the answers that wait: function, runs, microseconds, flat. */
  #segments: number[] = [];
  /** Work in the answers that wait, and in what runs. */
  #budget = 0;
  /** The function that is being measured, how many runs of it, since when (ms). */
  #measured = 0;
  #runs = 0;
  #since = 0;
  #flushedAt = 0;
  #resumedAt = 0;

  constructor(far: FarEnd, maxPayloadBytes: number) {
    this.#far = far;
    this.#packer = new Packer({ ...far.medium, maxPayloadBytes });
  }

  /** A task of this expectation is about to start: sends first what may not wait for it. */
  beforeTask(expectation: number): void {
    if (this.#values.length + this.#count > 0 && !mayWait(this.#budget, expectation)) this.flush();
  }

  /** It starts now. */
  started(expectation: number): void {
    this.#budget = spend(this.#budget, expectation);
  }

  /** What runs from now on is this function; time before now is not charged to it. */
  measure(functionId: number): void {
    if (this.#measured !== functionId) this.closeSegment();
    this.#measured = functionId;
  }

  /** The loop goes on after a wait that belongs to no task. */
  resume(): void {
    this.#resumedAt = this.#since = now();
  }

  /** From then to the last flush, ms. */
  get busyFor(): number {
    return this.#flushedAt - this.#resumedAt;
  }

  countRun(): void {
    this.#runs += 1;
  }

  closeSegment(): void {
    const time = now();
    if (this.#runs > 0) this.#segments.push(this.#measured, this.#runs, (time - this.#since) * 1000);
    this.#runs = 0;
    this.#since = time;
  }

  flushIfLate(): void {
    if (now() - this.#flushedAt > LONGEST_WAIT) this.flush();
  }

  /** A result, and a run that is to be counted. */
  number(value: number): void {
    this.#runs += 1;
    if (this.#values.length > 0) {
      this.#values.push(value);
      return;
    }
    if (this.#count === this.#numbers.length) {
      const longer = new Float64Array(2 * this.#count);
      longer.set(this.#numbers);
      this.#numbers = longer;
    }
    this.#numbers[this.#count++] = value;
  }

  value(value: unknown): void {
    if (this.#count > 0) this.#listNumbers();
    const packer = this.#packer;
    if (typeof value === 'string' ? value.length <= packer.longestText : isPrimitive(value)) {
      this.#values.push(value);
      return;
    }
    try {
      packer.pack(value, 'result');
      // By itself and before the answer that uses it: should it be unreadable over there, nothing else is.
      if (packer.form === SEPARATE) this.#far.send([SEPARATE_VALUE, packer.value], packer.transfer);
    } catch (error) {
      this.thrown(ofResult(error, value), 'worker');
      return;
    }
    if (packer.form === PLAIN) this.#values.push(packer.value);
    else if (packer.form === BYTES) this.#special(AS_BYTES, packer.value);
    else this.#special(AS_SEPARATE, undefined);
    packer.clear();
  }

  /** `by`: user code threw it, or the worker could not do its part. */
  thrown(error: unknown, by: 'task' | 'worker' = 'task'): void {
    this.#special(AS_THROWN, encodeThrown(error, by));
  }

  /** The place of a task that was not to be run. */
  skipped(): void {
    if (this.#count > 0) this.#listNumbers();
    this.#values.push(undefined);
  }

  flush(): void {
    const count = this.#values.length + this.#count;
    if (count > 0) {
      this.closeSegment();
      const values = this.#takeNumbers() ?? (this.#specials === undefined ? packNumbers(this.#values) : this.#values);
      const specials = this.#specials;
      const segments = this.#segments;
      this.#values = [];
      this.#specials = undefined;
      this.#segments = [];
      this.#send(count, values, specials, segments);
    }
    this.#budget = 0;
    this.#flushedAt = this.#since = now();
  }

  /** Says up to which message all was read, if no answer did. */
  acknowledge(): void {
    if (this.#acknowledgedThere === this.acknowledged) return;
    this.#acknowledgedThere = this.acknowledged;
    this.#far.send([ACKNOWLEDGED, this.acknowledged]);
  }

  /** The task that begins now has a time limit: its clock starts over there. */
  announceStart(): void {
    this.#far.send([STARTED]);
  }

  /** Leaves at once, after the answers that came before it. Throws TaskSerializationError. */
  report(value: unknown): void {
    this.flush();
    // The task that reports is running: nothing may be answered together with it.
    this.#budget = Number.POSITIVE_INFINITY;
    const packer = this.#packer;
    if (typeof value === 'string' ? value.length <= packer.longestText : isPrimitive(value)) {
      this.#far.send([REPORT, 0, value]);
      return;
    }
    packer.pack(value, 'report');
    if (packer.form === PLAIN) this.#far.send([REPORT, 0, packer.value]);
    else if (packer.form === BYTES) this.#far.send([REPORT, AS_BYTES, packer.value]);
    else {
      this.#far.send([SEPARATE_VALUE, packer.value], packer.transfer);
      this.#far.send([REPORT, AS_SEPARATE, undefined]);
    }
    packer.clear();
  }

  /** An error that no task's outcome carries; `fatal`: this worker ends because of it, `running`: and a task with it. */
  lateError(error: unknown, fatal: boolean, running: boolean): void {
    this.flush();
    // A task may be running: nothing may be answered together with it.
    this.#budget = Number.POSITIVE_INFINITY;
    this.#far.send([LATE, encodeThrown(error), fatal, running]);
  }

  /** This worker ends; `running`: and a task with it. Nothing can be done here where even that cannot be sent. */
  exiting(running: boolean): void {
    try {
      this.flush();
      this.#far.send([EXITING, running]);
    } catch {}
  }

  /** There is something else too. */
  #listNumbers(): void {
    for (let i = 0; i < this.#count; i++) this.#values.push(this.#numbers[i]);
    this.#count = 0;
  }

  #takeNumbers(): ArrayLike<unknown> | undefined {
    if (this.#count === 0) return undefined;
    const numbers = packedNumbers(this.#numbers.subarray(0, this.#count));
    this.#count = 0;
    return numbers;
  }

  #special(kind: number, payload: unknown): void {
    if (this.#count > 0) this.#listNumbers();
    this.#specials ??= [];
    this.#specials.push(this.#values.length, kind, payload);
    this.#values.push(undefined);
  }

  #send(count: number, values: ArrayLike<unknown>, specials: unknown[] | undefined, segments: number[]): void {
    const { acknowledged } = this;
    this.#acknowledgedThere = acknowledged;
    try {
      this.#far.send([ANSWER, count, values, specials, segments, acknowledged, this.#far.mode]);
    } catch (error) {
      // Together they are too much for one message; each alone may not be.
      if (count === 1) {
        this.#far.send([ANSWER, 1, [undefined], [0, AS_THROWN, encodeThrown(error, 'worker')], segments, acknowledged, this.#far.mode]);
        return;
      }
      const half = count >> 1;
      const [first, second] = splitSpecials(specials, half);
      const all = Array.from(values);
      this.#send(half, all.slice(0, half), first, segments);
      this.#send(count - half, all.slice(half), second, []);
    }
  }
}

/** Says which result it was that could not be sent. */
function ofResult(error: unknown, value: unknown): unknown {
  if (error instanceof TaskSerializationError) Object.defineProperty(error, 'result', { value: shown(value), enumerable: true });
  return error;
}

function shown(value: unknown): string {
  try {
    const text = inspect(value, { depth: 0, customInspect: false, maxArrayLength: 3, maxStringLength: 100, breakLength: Infinity });
    return text.slice(0, LONGEST_TEXT);
  } catch {
    return 'a value that cannot be shown';
  }
}

function splitSpecials(specials: readonly unknown[] | undefined, at: number): [unknown[] | undefined, unknown[] | undefined] {
  if (specials === undefined) return [undefined, undefined];
  const first: unknown[] = [];
  const second: unknown[] = [];
  for (let i = 0; i < specials.length; i += 3) {
    const place = specials[i] as number;
    if (place < at) first.push(place, specials[i + 1], specials[i + 2]);
    else second.push(place - at, specials[i + 1], specials[i + 2]);
  }
  return [first.length > 0 ? first : undefined, second.length > 0 ? second : undefined];
}
