import { describe, expect, it } from 'vitest';
import { medianRatio } from '../harness/bootstrap.mjs';
import { userTimeBetween } from '../harness/user-time.mjs';
import { randomOf } from '../harness/work.mjs';

/** Pairs whose second figure is the first times `ratio`, with noise of up to a fifth on either. */
function noisyPairs(count: number, ratio: number, seed: number): [base: number, changed: number][] {
  const random = randomOf(seed);
  const noise = () => 1 + 0.4 * (random() - 0.5);
  return Array.from({ length: count }, () => [100 * noise(), 100 * ratio * noise()]);
}

describe('medianRatio', () => {
  it('is exact where all pairs agree', () => {
    expect(
      medianRatio([
        [100, 150],
        [10, 15],
        [2, 3],
      ]),
    ).toEqual({ median: 1.5, low: 1.5, high: 1.5 });
  });

  it('takes the ratio within a pair, so that what slows both of a pair changes nothing', () => {
    const pairs = Array.from({ length: 40 }, (_, i): [number, number] => [100 * (i + 1), 110 * (i + 1)]);
    const { median, low, high } = medianRatio(pairs);
    expect(median).toBeCloseTo(1.1, 10);
    expect(high - low).toBeLessThan(1e-9);
  });

  it('gives the same interval for the same pairs', () => {
    const pairs = noisyPairs(40, 1, 3);
    expect(medianRatio(pairs)).toEqual(medianRatio(pairs));
  });

  it('has an interval around the median that gets narrower with more pairs', () => {
    const few = medianRatio(noisyPairs(10, 1, 5));
    const many = medianRatio(noisyPairs(200, 1, 5));
    for (const { median, low, high } of [few, many]) {
      expect(low).toBeLessThanOrEqual(median);
      expect(high).toBeGreaterThanOrEqual(median);
    }
    expect(many.high - many.low).toBeLessThan((few.high - few.low) / 1.5);
  });

  it('holds the true ratio in nearly all of 40 cases', () => {
    const held = Array.from({ length: 40 }, (_, seed) => medianRatio(noisyPairs(40, 1.05, seed))).filter(
      ({ low, high }) => low <= 1.05 && high >= 1.05,
    );
    expect(held.length).toBeGreaterThanOrEqual(34);
  });

  it('is hardly moved by a few pairs that were disturbed', () => {
    const pairs = noisyPairs(40, 1, 7);
    const disturbed = pairs.map(([base, changed], i): [number, number] => [base, i < 4 ? 10 * changed : changed]);
    expect(medianRatio(disturbed).high).toBeLessThan(1.2);
  });

  it('refuses no pairs', () => {
    expect(() => medianRatio([])).toThrow(RangeError);
  });
});

describe('userTimeBetween', () => {
  it('adds up what each process used, a new one whole', () => {
    const before = new Map([
      [1, 100],
      [2, 50],
    ]);
    const after = new Map([
      [1, 130],
      [2, 90],
      [3, 7],
    ]);
    expect(userTimeBetween(before, after)).toBe(77);
  });
});
