/**
 * Settles the tasks that one worker has answered, and passes their reports on.
 *
 *   ANSWER [count, values, specials] --faultOf--> settle:   plain values --settleRange--> job
 *                                                    ^      a special ----decode, settle-> job
 *   SEPARATE_VALUE --separateValue--> decoder -------'
 *                                        '------- report -----------------------report---> job
 *
 * - An answer belongs to the oldest task in flight.
 * - A task leaves the lane (in flight, `left`) before its job gets its outcome: a callback that submits a task finds the room.
 * - While a message is being settled, `settling` counts its tasks that are still in flight. The lane does not count them any more.
 *
 * It does not know the state of the worker, nor how its messages arrive.
 */
import type { Chunk, Job } from '../jobs/job.ts';
import { publishEnd, taskChannel } from '../observability/diagnostics.ts';
import type { StoredValue } from '../wire/buffer-passing.ts';
import { AS_SEPARATE, AS_STORED, SPECIAL_FIELDS } from '../wire/messages.ts';
import { noteInstances } from '../wire/note-instances.ts';
import type { Decoder } from './decoder.ts';
import type { InFlight } from './in-flight.ts';

/** `count` tasks of a chunk leave the lane. */
type Left = (chunk: Chunk, count: number) => void;

export class AnswerSettler {
  readonly #workerId: number;
  readonly #inFlight: InFlight;
  readonly #decoder: Decoder;
  readonly #work: { readonly left: Left };
  #settling = 0;

  constructor(workerId: number, inFlight: InFlight, decoder: Decoder, work: { readonly left: Left }) {
    this.#workerId = workerId;
    this.#inFlight = inFlight;
    this.#decoder = decoder;
    this.#work = work;
  }

  /** Answered tasks whose outcome their jobs do not have yet. */
  get settling(): number {
    return this.#settling;
  }

  /** What is wrong with an answer of `count` tasks, as the end of a sentence. */
  faultOf(count: number, specials: readonly unknown[] | undefined): string | undefined {
    if (count > this.#inFlight.tasks - this.#settling) return 'it answered tasks that it was not given';
    if (specials === undefined) return undefined;
    if (countOf(AS_SEPARATE, specials) > this.#decoder.separateValues.size) return 'it answered with values that it did not send';
    return this.#hasBuffersOf(specials) ? undefined : 'it answered with buffers that it did not send';
  }

  settle(count: number, values: ArrayLike<unknown>, specials: readonly unknown[] | undefined): void {
    this.#settling = count;
    let special = 0;
    for (let i = 0; i < count; ) {
      const chunk = this.#inFlight.front;
      // A callback ended all jobs while their results were being delivered.
      if (chunk === undefined) break;
      const specialAt = specials !== undefined && special < specials.length ? (specials[special] as number) : count;
      let plain = Math.min(specialAt - i, this.#inFlight.frontLeft);
      if (plain > 1 && chunk.job.settlesOneByOne) plain = 1;
      if (plain > 0) this.#settlePlain(chunk, values, i, plain);
      else {
        this.#settleSpecial(chunk, specials?.[special + 1] as number, specials?.[special + 2]);
        special += SPECIAL_FIELDS;
      }
      i += plain > 0 ? plain : 1;
    }
    this.#settling = 0;
  }

  /** The front task reports. Returns what is wrong with the report. `failed` gets the error of a value that cannot be read. */
  report(form: number, payload: unknown, failed: (error: unknown) => void): string | undefined {
    const { front } = this.#inFlight;
    const isMissing =
      (form === AS_SEPARATE && this.#decoder.separateValues.size === 0) || (form === AS_STORED && !this.#decoder.hasBuffersOf(payload));
    if (front === undefined || isMissing) return 'it reported what none of its tasks can report';
    try {
      front.job.report(this.#inFlight.frontIndex, this.#decoder.value(form, payload));
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  /** A value that came in a message of its own. Returns what is wrong with it. */
  separateValue(value: unknown): string | undefined {
    this.#decoder.separateValues.add(value);
    return this.#faultOfValues();
  }

  /** The same for a value that cannot be read. */
  unreadableValue(error: unknown): string | undefined {
    this.#decoder.separateValues.addUnreadable(error);
    return this.#faultOfValues();
  }

  /** Whether all buffers of stored results have arrived, and each belongs to one result. */
  #hasBuffersOf(specials: readonly unknown[]): boolean {
    if (countOf(AS_STORED, specials) === 0) return true;
    const ids = new Set<number>();
    let count = 0;
    for (let at = 0; at < specials.length; at += SPECIAL_FIELDS) {
      if (specials[at + 1] !== AS_STORED) continue;
      const payload = specials[at + 2];
      if (!this.#decoder.hasBuffersOf(payload)) return false;
      for (const id of (payload as StoredValue)[1]) ids.add(id);
      count += (payload as StoredValue)[1].length;
    }
    return ids.size === count;
  }

  /** Each unanswered task has one result, and the one that runs may have one report under way. */
  #faultOfValues(): string | undefined {
    const most = this.#inFlight.tasks - this.#settling + 1;
    return this.#decoder.separateValues.size > most ? 'it sent values that belong to no task' : undefined;
  }

  /** `count` results, from `from` on, that are what they look like. */
  #settlePlain(chunk: Chunk, values: ArrayLike<unknown>, from: number, count: number): void {
    const { job } = chunk;
    const index = this.#inFlight.frontIndex;
    this.#advance(chunk, count);
    if (taskChannel.hasSubscribers) for (let i = 0; i < count; i++) this.#publish(job, index + i, true, values[from + i]);
    if (count === 1) job.settle(index, true, values[from]);
    else job.settleRange(index, values, from, count);
  }

  #settleSpecial(chunk: Chunk, kind: number, payload: unknown): void {
    const { job } = chunk;
    const { name } = job.fn;
    const index = this.#inFlight.frontIndex;
    this.#advance(chunk, 1);
    const { ok, value } = this.#decoder.outcome(kind, payload, name);
    if (!ok && !job.isOver) noteInstances(value, chunk.at(index - chunk.base), chunk.spread);
    if (taskChannel.hasSubscribers) this.#publish(job, index, ok, value);
    job.settle(index, ok, value);
  }

  #publish(job: Job, index: number, ok: boolean, value: unknown): void {
    const error = ok ? job.misfit(index, value) : value;
    publishEnd(this.#workerId, job.fn.name, index, ok && error === undefined ? 'completed' : 'failed', error);
  }

  #advance(chunk: Chunk, count: number): void {
    this.#inFlight.advance(count);
    this.#settling -= count;
    this.#work.left(chunk, count);
  }
}

function countOf(kind: number, specials: readonly unknown[]): number {
  let count = 0;
  for (let at = 0; at < specials.length; at += SPECIAL_FIELDS) if (specials[at + 1] === kind) count += 1;
  return count;
}
