/**
 * ReadyOutcomes: keeps the outcomes of a stream from their arrival until the consumer takes them, in input order or in order of arrival.
 *
 * An outcome lies ready when all outcomes before it have come. An outcome that comes too early waits in a map until then:
 *
 *   put -----------------------> #first: value value error ...  #behind: [value ...] [value ...]     ---> take, takeValues
 *    '---> #early, by index ------^  when the missing outcomes have come
 *
 * Short tasks come by the thousand. A range of values therefore costs one copy, which the consumer gets in the end, and no object per value; the
 * indexes of errors are a list of their own. With `isMeasured` it also counts the bytes of the outcomes. With `isIndexed` each value is kept as
 * `{ index, value }`. It does not know its consumer.
 */
import { Fifo } from '../primitives/fifo.ts';
import { sizeOf } from './result-size.ts';

/** The mean size follows this number of results. More: a change to large results is noticed late. Fewer: one small result hides it. */
const MEMORY = 8;

/** Consecutive outcomes: values, or one error. */
interface Run {
  readonly ok: boolean;
  readonly outcomes: unknown[];
}

export class ReadyOutcomes {
  readonly #ordered: boolean;
  /** The outcomes that are next; empty only if no outcome lies ready. */
  #first = new Fifo<unknown>();
  /** Lists of the outcomes that follow. */
  readonly #behind = new Fifo<unknown[]>();
  #taken = 0;
  /** The index of the first outcome that does not lie ready. */
  #end = 0;
  /** Outcomes that came too early, by the index of the first one of each run. */
  readonly #early = new Map<number, Run>();
  /** The indexes of the errors that lie ready. */
  readonly #errors = new Fifo<number>();
  /** The first of them; Infinity while there is none. */
  #errorAt = Number.POSITIVE_INFINITY;

  readonly #isMeasured: boolean;
  readonly #isIndexed: boolean;
  #bytes = 0;
  /** The mean size of the last results, in bytes. */
  #meanSize = 0;

  constructor({ ordered, isMeasured, isIndexed }: { ordered: boolean; isMeasured: boolean; isIndexed: boolean }) {
    this.#ordered = ordered;
    this.#isMeasured = isMeasured;
    this.#isIndexed = isIndexed;
  }

  /** Bytes of the outcomes that were not taken. 0 without `isMeasured`. */
  get bytes(): number {
    return this.#bytes;
  }
  /** The bytes that the next outcome is expected to have; 0 if outcomes have a few bytes only. */
  get meanSize(): number {
    return this.#meanSize;
  }

  /** The number of outcomes taken so far, which is the index of the next one. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether the next outcome is a value; undefined while it has not come. */
  get ok(): boolean | undefined {
    return this.#taken === this.#end ? undefined : this.#taken !== this.#errorAt;
  }

  /** Adds one outcome: a value, or an error. */
  put(index: number, ok: boolean, came: unknown): void {
    const outcome = this.#isIndexed && ok ? { index, value: came } : came;
    if (this.#isMeasured) this.#measure(outcome);
    if (this.#ordered && index !== this.#end) this.#early.set(index, { ok, outcomes: [outcome] });
    else {
      this.#add(ok, outcome);
      this.#addEarly();
    }
  }

  /** Adds `count` values of one message: `values[from]` is the outcome of the task at `index`. */
  putRange(index: number, values: ArrayLike<unknown>, from: number, count: number): void {
    const outcomes = new Array<unknown>(count);
    for (let i = 0; i < count; i++) outcomes[i] = this.#isIndexed ? { index: index + i, value: values[from + i] } : values[from + i];
    // Numbers have no size, so the mean does not change while it is 0.
    const areSmall = !this.#isIndexed && this.#meanSize === 0 && ArrayBuffer.isView(values);
    if (this.#isMeasured && !areSmall) for (const outcome of outcomes) this.#measure(outcome);
    if (this.#ordered && index !== this.#end) this.#early.set(index, { ok: true, outcomes });
    else {
      this.#addMany(outcomes);
      this.#addEarly();
    }
  }

  /** Takes the next outcome. The caller has checked `ok`. */
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

  /**
   * Takes values that are next, in an array that the caller may keep. The caller repeats this until the array is empty: then an error is next, or
   * no outcome lies ready.
   */
  takeValues(): unknown[] {
    const values = this.#first.shiftMany(this.#errorAt - this.#taken);
    this.#took(values.length);
    if (this.#bytes > 0) for (const value of values) this.#bytes -= sizeOf(value);
    return values;
  }

  /** Drops all outcomes. From now on `taken` outcomes count as taken. */
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
