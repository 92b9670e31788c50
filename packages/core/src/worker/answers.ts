/**
 * Collects the outcomes of the tasks of one slot, measures their run times, and sends several outcomes in one ANSWER message.
 *
 *   value | thrown | skipped --> waiting outcomes --flush--> ANSWER [count, values, specials, segments]
 *   numbers in shared memory ---'                            values: a view of that memory, which is not copied
 *
 * Invariants: outcomes keep the order of the tasks. An outcome never waits longer than the rule in wire/budget.ts allows; numbers in shared memory, which
 * only threads have, wait for LONGEST_WAIT instead: claims say there which tasks had started. What a task changes later does not reach a result that
 * waits. A value that cannot be sent is an outcome too: the task fails and the worker goes on. This file does not know how a message travels.
 */
import { TaskSerializationError } from '../errors.ts';
import { shownValue } from '../primitives/shown-value.ts';
import { now } from '../primitives/time.ts';
import { mayWait, spend } from '../wire/budget.ts';
import {
  ACKNOWLEDGED,
  ANSWER,
  AS_BYTES,
  AS_SEPARATE,
  AS_STORED,
  AS_THROWN,
  EXITING,
  LATE,
  REPORT,
  SEGMENT_FIELDS,
  SEPARATE_VALUE,
  STARTED,
  VALUE_OF,
} from '../wire/messages.ts';
import { ownCopy } from '../wire/own-copy.ts';
import { isPrimitive, packedNumbers, packNumbers } from '../wire/pack-runs.ts';
import { BYTES, Packer, PLAIN, SEPARATE, STORED } from '../wire/packer.ts';
import { encodeThrown } from '../wire/thrown.ts';
import type { WorkerTransport } from './transport.ts';

/** ms. The longest time that finished outcomes wait when tasks take longer than expected. */
const LONGEST_WAIT = 0.2;
/** The initial capacity of the list of numbers. */
const FEW_NUMBERS = 256;

/** A task has put its result into `results` when `at` moves past it. */
export interface ResultsInMemory {
  /** Shared memory with an element for each task of a run. */
  readonly results: Float64Array | undefined;
  /** The next task of the run. */
  readonly at: number;
}

export class Answers {
  /** The last message that is completely read; sent with the answers. */
  acknowledged = 0;
  /** The part of `acknowledged` that the program knows. */
  #acknowledgedThere = 0;
  readonly #transport: WorkerTransport;
  readonly #packer: Packer;
  readonly #slot: number;
  readonly #isShared: boolean;
  #values: unknown[] = [];
  /** The values, while all of them are numbers. */
  #numbers = new Float64Array(FEW_NUMBERS);
  #count = 0;
  /**
   * Results that lie in memory: of `#inMemory`, from `#from` on. While some of them wait, no other outcome does. `#counted`: up to there, runs are
   * counted.
   */
  #inMemory: ResultsInMemory | undefined;
  #from = 0;
  #counted = 0;
  #specials: unknown[] | undefined;
  /** The last result refers to objects of the task, which the next task may change. */
  #refersToTask: 'no' | 'to little' | 'to much' = 'no';
  /** Run times of the waiting outcomes, as a flat list of function, runs, microseconds; a function is in it once. */
  #segments: number[] = [];
  /** The expected work in the waiting outcomes and in the running task: see wire/budget.ts. */
  #budget = 0;
  /** The function that is measured, its number of runs, and the start of the measurement (ms). */
  #measured = 0;
  #runs = 0;
  #since = 0;
  #flushedAt = 0;
  #hasLimit = false;
  #resumedAt = 0;

  /** `isShared`: the worker has several slots. */
  constructor(transport: WorkerTransport, maxPayloadBytes: number, slot: number, isShared: boolean) {
    this.#transport = transport;
    this.#slot = slot;
    this.#isShared = isShared;
    this.#packer = new Packer({ ...transport.capabilities, maxPayloadBytes });
  }

  /** Before a task with this expected run time starts: sends the outcomes that must not wait for it. */
  beforeTask(expectation: number): void {
    if (this.#inMemory !== undefined) {
      this.leaveMemory();
      return;
    }
    if (this.#values.length + this.#count === 0) return;
    if (this.#refersToTask === 'to much' || !mayWait(this.#budget, expectation)) this.flush();
    else if (this.#refersToTask === 'to little') this.#ownLast();
  }

  /** A task with this expected run time starts. */
  started(expectation: number): void {
    this.#budget = spend(this.#budget, expectation);
  }

  /** From the next task on, results go into memory. Other outcomes leave first. */
  storeIn(memory: ResultsInMemory): void {
    if (this.#inMemory === memory) return;
    this.leaveMemory();
    this.#inMemory = memory;
    this.#from = this.#counted = memory.at;
  }

  /** The next outcome does not go into memory. */
  leaveMemory(): void {
    this.flush();
    this.#inMemory = undefined;
  }

  /** All tasks of a run have ended. */
  endRun(): void {
    if (this.#inMemory === undefined) this.closeSegment();
    else this.leaveMemory();
  }

  /** The next runs are runs of this function. Earlier time is not charged to it. */
  measure(functionId: number): void {
    if (this.#measured !== functionId) this.closeSegment();
    this.#measured = functionId;
  }

  /** The runner continues after a wait that does not belong to a task. */
  resume(): void {
    this.#resumedAt = this.#since = now();
  }

  /** ms from the last `resume` to the last flush. */
  get busyFor(): number {
    return this.#flushedAt - this.#resumedAt;
  }

  countRun(): void {
    this.#runs += 1;
  }

  /** Returns the time. */
  closeSegment(): number {
    const time = now();
    if (this.#inMemory !== undefined) {
      this.#runs += this.#inMemory.at - this.#counted;
      this.#counted = this.#inMemory.at;
    }
    if (this.#runs > 0) this.#addSegment(this.#measured, this.#runs, (time - this.#since) * 1000);
    this.#runs = 0;
    this.#since = time;
    return time;
  }

  /**
   * One for each function: the program charges all tasks of an answer with the mean of their function. With one for each run, the time of the last run would
   * be charged for the tasks of all.
   */
  #addSegment(functionId: number, runs: number, elapsed: number): void {
    const segments = this.#segments;
    for (let at = 0; at < segments.length; at += SEGMENT_FIELDS) {
      if (segments[at] !== functionId) continue;
      segments[at + 1] = (segments[at + 1] as number) + runs;
      segments[at + 2] = (segments[at + 2] as number) + elapsed;
      return;
    }
    segments.push(functionId, runs, elapsed);
  }

  /** Whether the worker uses more than `limit` bytes after a task. The next answer tells it. */
  exceedsMemory(limit: number): boolean {
    this.#hasLimit = true;
    return this.#transport.memory.exceeds(limit);
  }

  flushIfLate(): void {
    if (now() - this.#flushedAt > LONGEST_WAIT) this.flush();
  }

  /** Adds a numeric result and counts its run. */
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
      // In a message of its own, before the answer that uses it: if the program cannot read it, no other outcome is affected.
      if (packer.form === SEPARATE) this.#sendSeparate();
    } catch (error) {
      this.thrown(ofResult(error, value), 'worker');
      return;
    }
    if (packer.form === PLAIN) {
      this.#values.push(packer.value);
      this.#refersToTask = packer.isLight ? 'to little' : 'to much';
    } else if (packer.form === BYTES) {
      this.#special(AS_BYTES, packer.value);
      this.#refersToTask = 'to much';
    } else if (packer.form === STORED) this.#special(AS_STORED, packer.value);
    else this.#special(AS_SEPARATE, undefined);
    packer.clear();
  }

  /** Adds an error. `by`: user code threw it, or the worker failed to run the task. */
  thrown(error: unknown, by: 'task' | 'worker' = 'task'): void {
    this.#special(AS_THROWN, encodeThrown(error, by));
  }

  /** Adds an empty outcome for a task that must not run. */
  skipped(): void {
    if (this.#count > 0) this.#listNumbers();
    this.#values.push(undefined);
  }

  flush(): void {
    const stored = this.#inMemory === undefined ? 0 : this.#inMemory.at - this.#from;
    const count = this.#values.length + this.#count + stored;
    if (count > 0) {
      // If the last run has ended, its end is the time: nothing has run since.
      const time = this.#runs > 0 || stored > 0 ? this.closeSegment() : this.#since;
      const memory = this.#memoryToSend(time);
      const inMemory = stored === 0 ? undefined : this.#inMemory?.results?.subarray(this.#from, this.#from + stored);
      this.#from += stored;
      const values = inMemory ?? this.#takeNumbers() ?? (this.#specials === undefined ? packNumbers(this.#values) : this.#values);
      const specials = this.#specials;
      const segments = this.#segments;
      this.#values = [];
      this.#specials = undefined;
      this.#segments = [];
      this.#send(count, values, specials, segments, memory);
    }
    this.#budget = 0;
    this.#refersToTask = 'no';
    this.#flushedAt = this.#since = now();
  }

  /** The last result gets a copy of the objects that it refers to. */
  #ownLast(): void {
    const at = this.#values.length - 1;
    this.#refersToTask = 'no';
    try {
      this.#values[at] = ownCopy(this.#values[at] as object);
    } catch {
      // It cannot be sent any more. Its answer says so.
      this.flush();
    }
  }

  /** Tells the program which messages are completely read, unless an answer did. */
  acknowledge(): void {
    if (this.#acknowledgedThere === this.acknowledged) return;
    this.#acknowledgedThere = this.acknowledged;
    this.#transport.send(this.#slot === 0 ? [ACKNOWLEDGED, this.acknowledged] : [ACKNOWLEDGED, this.acknowledged, this.#slot]);
  }

  /** A task starts whose start the program wants to know. */
  announceStart(): void {
    this.#transport.send(this.#slot === 0 ? [STARTED] : [STARTED, this.#slot]);
  }

  /** Sends a report at once, after the waiting outcomes. Throws TaskSerializationError. */
  report(value: unknown): void {
    this.flush();
    // The reporting task is running: its outcome must not share a message with later ones.
    this.#budget = Number.POSITIVE_INFINITY;
    const packer = this.#packer;
    if (typeof value === 'string' ? value.length <= packer.longestText : isPrimitive(value)) {
      this.#report(0, value);
      return;
    }
    packer.pack(value, 'report');
    if (packer.form === PLAIN) this.#report(0, packer.value);
    else if (packer.form === BYTES) this.#report(AS_BYTES, packer.value);
    else if (packer.form === STORED) this.#report(AS_STORED, packer.value);
    else {
      this.#sendSeparate();
      this.#report(AS_SEPARATE, undefined);
    }
    packer.clear();
  }

  /**
   * Sends an error that belongs to no task. `fatal`: this worker ends because of it. `running`: a running task is lost with the worker, or several, in
   * `slots`. `retires`: this worker must get no more tasks.
   */
  lateError(error: unknown, fatal: boolean, running: boolean, slots: readonly number[] | undefined, retires: boolean): void {
    this.flush();
    // A task may be running: its outcome must not share a message with later ones.
    this.#budget = Number.POSITIVE_INFINITY;
    const thrown = encodeThrown(error);
    this.#transport.send(this.#isShared ? [LATE, thrown, fatal, running, slots, retires] : [LATE, thrown, fatal, running]);
  }

  /** This worker ends. `running`: a running task is lost with it, or several, in `slots`. An error while sending is ignored: the worker ends anyway. */
  exiting(running: boolean, slots: readonly number[] | undefined): void {
    try {
      this.flush();
      this.#transport.send(this.#isShared ? [EXITING, running, slots] : [EXITING, running]);
    } catch {}
  }

  /** Sends what was packed last in a message of its own. */
  #sendSeparate(): void {
    if (this.#isShared) this.#transport.send([VALUE_OF, this.#slot]);
    this.#transport.send([SEPARATE_VALUE, this.#packer.value], this.#packer.transfer);
  }

  #report(form: number, value: unknown): void {
    this.#transport.send(this.#slot === 0 ? [REPORT, form, value] : [REPORT, form, value, this.#slot]);
  }

  /** A value that is not a number follows: the numbers move to the list of values. */
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

  /** With a limit the last measurement, which is of the last task; else a new one now and then. */
  #memoryToSend(time: number): number | undefined {
    const { memory } = this.#transport;
    return this.#hasLimit ? memory.bytes : memory.sometimes(time);
  }

  #send(count: number, values: ArrayLike<unknown>, specials: unknown[] | undefined, segments: number[], memory: number | undefined): void {
    this.#acknowledgedThere = this.acknowledged;
    try {
      this.#sendAnswer(count, values, specials, segments, memory);
    } catch (error) {
      // Together the outcomes are too large for one message. Halves may fit.
      if (count === 1) {
        this.#sendAnswer(1, [undefined], [0, AS_THROWN, encodeThrown(error, 'worker')], segments, memory);
        return;
      }
      const half = count >> 1;
      const [first, second] = splitSpecials(specials, half);
      const all = Array.from(values);
      this.#send(half, all.slice(0, half), first, segments, undefined);
      this.#send(count - half, all.slice(half), second, [], memory);
    }
  }

  #sendAnswer(
    count: number,
    values: ArrayLike<unknown>,
    specials: unknown[] | undefined,
    segments: number[],
    memory: number | undefined,
  ): void {
    const { acknowledged } = this;
    const { mode } = this.#transport;
    if (memory !== undefined) {
      const slot = this.#slot === 0 ? undefined : this.#slot;
      this.#transport.send([ANSWER, count, values, specials, segments, acknowledged, mode, slot, memory]);
    } else if (this.#slot === 0) this.#transport.send([ANSWER, count, values, specials, segments, acknowledged, mode]);
    else this.#transport.send([ANSWER, count, values, specials, segments, acknowledged, mode, this.#slot]);
  }
}

/** Adds the text of the result that could not be sent to the error. */
function ofResult(error: unknown, value: unknown): unknown {
  if (error instanceof TaskSerializationError) Object.defineProperty(error, 'result', { value: shownValue(value), enumerable: true });
  return error;
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
