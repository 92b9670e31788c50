/**
 * How times are distributed: counts in buckets that grow by an eighth, so that a percentile is right to within 12 %.
 *
 * Decides how a percentile is had for the price of one increment a record; nothing is allocated after the first.
 */

/** Buckets an octave. */
const STEPS = 8;
/** The first bucket ends at 2^-10 ms, about a microsecond; the last holds everything above 2^31 ms, about 25 days. */
const LOWEST = -10;
const OCTAVES = 41;
/** A percentile is no more exact than its bucket; times are measured in microseconds. */
const DIGITS = 3;
const IN_MICROSECONDS = 1000;

/** How times are distributed; milliseconds, right to within 12 %. */
export interface Percentiles {
  /** The median. */
  readonly p50: number;
  /** Nine tenths are not above it. */
  readonly p90: number;
  /** 99 of 100 are not above it. */
  readonly p99: number;
  /** The largest. */
  readonly max: number;
}

export class Histogram {
  readonly #counts = new Float64Array(OCTAVES * STEPS + 2);
  #total = 0;
  #max = 0;

  record(ms: number, times: number): void {
    this.#total += times;
    if (ms > this.#max) this.#max = ms;
    const at = Math.ceil((Math.log2(ms) - LOWEST) * STEPS);
    const bucket = at > 0 ? Math.min(at, this.#counts.length - 1) : 0;
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
  }

  /** In ms; all 0 while nothing was recorded. */
  percentiles(): Percentiles {
    return { p50: this.#percentile(0.5), p90: this.#percentile(0.9), p99: this.#percentile(0.99), max: this.#roundedMax };
  }

  get #roundedMax(): number {
    return Math.round(this.#max * IN_MICROSECONDS) / IN_MICROSECONDS;
  }

  #percentile(part: number): number {
    const rank = part * this.#total;
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank && seen > 0) return withDigits(2 ** (LOWEST + bucket / STEPS), this.#roundedMax);
    }
    return 0;
  }
}

/** `ms` with DIGITS digits, or the greatest such number that is not above `max`. */
function withDigits(ms: number, max: number): number {
  const rounded = Number(Math.min(ms, max).toPrecision(DIGITS));
  if (rounded <= max) return rounded;
  const lastDigit = 10 ** (Math.floor(Math.log10(max)) - DIGITS + 1);
  return Number((rounded - lastDigit).toPrecision(DIGITS));
}
