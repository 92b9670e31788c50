/**
 * Outcomes of a stream from their arrival until they are taken.
 *
 * Decides which is next: by index, or (unordered) as they came. Those that nothing is missing before lie ready, to be taken one by one or
 * many at once; what came too early waits beside them:
 *
 *   put -----------------------> #first: value value error ...  #behind: [value ...] [value ...]     ---> take, takeValues
 *    '---> #early, by index ------^  once what was missing has come
 *
 * Trivial tasks come by the thousand: a range costs one copy of its values, which is what the consumer is given in the end, and no object
 * each; which outcomes are errors is a list of its own. Where it is asked to, it knows how many bytes lie here. Refuses to know who takes.
 */
import { Fifo } from '../primitives/fifo.ts';
import { sizeOf } from './result-size.ts';

/** The mean size follows the last so many results: more, and a change to large ones is seen late; fewer, and one small one hides it. */
const MEMORY = 8;

/** Consecutive outcomes: values, or one error. */
interface Run {
  readonly ok: boolean;
  readonly outcomes: unknown[];
}

export class ReadyOutcomes {
  readonly #ordered: boolean;
  /** The outcomes that are next; empty only where none lies ready. */
  #first = new Fifo<unknown>();
  /** The lists of those that follow. */
  readonly #behind = new Fifo<unknown[]>();
  #taken = 0;
  /** The index of what comes behind all that lies ready. */
  #end = 0;
  /** By the index of its first outcome. */
  readonly #early = new Map<number, Run>();
  /** Indexes of the errors that lie ready, and the first of them: Infinity while there is none. */
  readonly #errors = new Fifo<number>();
  #errorAt = Number.POSITIVE_INFINITY;

  readonly #isMeasured: boolean;
  #bytes = 0;
  /** Of the results that came last, bytes. */
  #meanSize = 0;

  /** `isMeasured`: the size of each result is wanted. */
  constructor(ordered: boolean, isMeasured: boolean) {
    this.#ordered = ordered;
    this.#isMeasured = isMeasured;
  }

  /** Bytes of the outcomes that were not taken. */
  get bytes(): number {
    return this.#bytes;
  }
  /** Bytes that the next outcome is expected to have; 0 for those of a few bytes. */
  get meanSize(): number {
    return this.#meanSize;
  }

  /** Outcomes taken so far: the index of the next one. */
  get taken(): number {
    return this.#taken;
  }

  /** Of the next outcome; undefined while it has not come. */
  get ok(): boolean | undefined {
    return this.#taken === this.#end ? undefined : this.#taken !== this.#errorAt;
  }

  put(index: number, ok: boolean, outcome: unknown): void {
    if (this.#isMeasured) this.#measure(outcome);
    if (this.#ordered && index !== this.#end) this.#early.set(index, { ok, outcomes: [outcome] });
    else {
      this.#add(ok, outcome);
      this.#addEarly();
    }
  }

  /** Values of tasks that came together. */
  putRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    const outcomes = new Array<unknown>(count);
    for (let i = 0; i < count; i++) outcomes[i] = values[from + i];
    if (this.#isMeasured) for (const outcome of outcomes) this.#measure(outcome);
    if (this.#ordered && index !== this.#end) this.#early.set(index, { ok: true, outcomes });
    else {
      this.#addMany(outcomes);
      this.#addEarly();
    }
  }

  /** The next outcome, which is there. */
  take(): unknown {
    if (this.#taken === this.#errorAt) {
      this.#errors.shift();
      this.#errorAt = this.#errors.first ?? Number.POSITIVE_INFINITY;
    }
    const outcome = this.#first.shift();
    this.#took(1);
    if (this.#bytes > 0) this.#bytes -= sizeOf(outcome);
    return outcome;
  }

  /** Values that are next, in a list that is nobody else's; ask again until it is empty: then an error is next, or nothing has come. */
  takeValues(): unknown[] {
    const values = this.#first.shiftMany(this.#errorAt - this.#taken);
    this.#took(values.length);
    if (this.#bytes > 0) for (const value of values) this.#bytes -= sizeOf(value);
    return values;
  }

  /** Drops what waits, and counts `taken` outcomes as taken. */
  clear(taken: number): void {
    this.#first.clear();
    this.#behind.clear();
    this.#taken = taken;
    this.#end = taken;
    this.#bytes = 0;
    this.#early.clear();
    this.#errors.clear();
    this.#errorAt = Number.POSITIVE_INFINITY;
  }

  #measure(outcome: unknown): void {
    const size = sizeOf(outcome);
    if (size === 0 && this.#meanSize === 0) return;
    this.#bytes += size;
    this.#meanSize = this.#meanSize === 0 ? size : this.#meanSize + (size - this.#meanSize) / MEMORY;
    if (this.#meanSize < 1) this.#meanSize = 0;
  }

  #addEarly(): void {
    while (this.#early.size > 0) {
      const index = this.#end;
      const run = this.#early.get(index);
      if (run === undefined) return;
      this.#early.delete(index);
      if (run.outcomes.length === 1) this.#add(run.ok, run.outcomes[0]);
      else this.#addMany(run.outcomes);
    }
  }

  #add(ok: boolean, outcome: unknown): void {
    (this.#behind.last ?? this.#first).push(outcome);
    if (!ok) {
      this.#errors.push(this.#end);
      this.#errorAt = Math.min(this.#errorAt, this.#end);
    }
    this.#end += 1;
  }

  #addMany(values: unknown[]): void {
    if (this.#taken === this.#end) this.#first = new Fifo(values);
    else this.#behind.push(values);
    this.#end += values.length;
  }

  #took(count: number): void {
    this.#taken += count;
    if (this.#first.size === 0 && this.#behind.size > 0) this.#first = new Fifo(this.#behind.shift());
  }
}
