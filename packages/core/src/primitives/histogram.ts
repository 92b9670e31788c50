/**
 * Histogram: counts times in buckets and computes percentiles from the counts.
 *
 * The buckets grow by an eighth of an octave, so a percentile is right to within 12 %. One record costs one logarithm and one increment, and
 * allocates nothing. It does not know the meaning of the times.
 */

/** Buckets per octave. */
const STEPS = 8;
/** The first bucket ends at 2^-10 ms, about a microsecond; the last holds everything above 2^31 ms, about 25 days. */
const LOWEST = -10;
const OCTAVES = 41;
/** Digits of a percentile: its bucket is not more exact. Times are measured in microseconds. */
const DIGITS = 3;
const IN_MICROSECONDS = 1000;

/** Percentiles of times, in milliseconds, right to within 12 %. */
export interface Percentiles {
  /** The median: half of the times are not above it. */
  readonly p50: number;
  /** Nine of ten times are not above it. */
  readonly p90: number;
  /** 99 of 100 times are not above it. */
  readonly p99: number;
  /** The longest time. */
  readonly max: number;
}

export class Histogram {
  readonly #counts = new Float64Array(OCTAVES * STEPS + 2);
  #total = 0;
  #max = 0;

  /** Counts `ms` milliseconds `times` times. */
  record(ms: number, times: number): void {
    this.#total += times;
    if (ms > this.#max) this.#max = ms;
    const at = Math.ceil((Math.log2(ms) - LOWEST) * STEPS);
    const bucket = at > 0 ? Math.min(at, this.#counts.length - 1) : 0;
    this.#counts[bucket] = (this.#counts[bucket] as number) + times;
  }

  /** In milliseconds; all of them are 0 while nothing is recorded. */
  percentiles(): Percentiles {
    return { p50: this.#percentile(0.5), p90: this.#percentile(0.9), p99: this.#percentile(0.99), max: this.#roundedMax() };
  }

  #roundedMax(): number {
    return Math.round(this.#max * IN_MICROSECONDS) / IN_MICROSECONDS;
  }

  #percentile(part: number): number {
    const rank = part * this.#total;
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] as number;
      if (seen >= rank && seen > 0) return withDigits(2 ** (LOWEST + bucket / STEPS), this.#roundedMax());
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
