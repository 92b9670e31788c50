import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../src/primitives/histogram.ts';

describe('Histogram', () => {
  it('is all zeros while nothing was recorded', () => {
    expect(new Histogram().percentiles()).toEqual({ p50: 0, p90: 0, p99: 0, max: 0 });
  });

  it('is right to within an eighth, and exact for the greatest', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.002, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 }), (times) => {
        const histogram = new Histogram();
        for (const time of times) histogram.record(time, 1);
        const sorted = [...times].sort((a, b) => a - b);
        const { p50, p90, p99, max } = histogram.percentiles();
        expect(Math.abs(max - (sorted.at(-1) as number))).toBeLessThanOrEqual(0.00051);
        for (const [part, found] of [
          [0.5, p50],
          [0.9, p90],
          [0.99, p99],
        ] as const) {
          const exact = sorted[Math.max(0, Math.ceil(part * times.length) - 1)] as number;
          // The greatest is rounded to microseconds, and no percentile is above it.
          expect(found).toBeGreaterThanOrEqual(exact * 0.99 - 0.0005);
          expect(found).toBeLessThanOrEqual(exact * 1.13 + 0.0005);
        }
      }),
    );
  });

  it('tells no more digits than it knows, and no percentile above the greatest [R31]', () => {
    const histogram = new Histogram();
    for (let i = 1; i <= 1000; i++) histogram.record(i / 7, 1);
    const { p99, max } = histogram.percentiles();
    expect({ p99, max }).toEqual({ p99: 142, max: 142.857 });
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 20 }), (times) => {
        const histogram = new Histogram();
        for (const time of times) histogram.record(time, 1);
        const { p50, p90, p99, max } = histogram.percentiles();
        for (const found of [p50, p90, p99]) {
          expect(found).toBe(Number(found.toPrecision(3)));
          expect(found).toBeLessThanOrEqual(max);
        }
        expect(max).toBe(Number(max.toFixed(3)));
      }),
    );
  });

  it('knows days [R31]', () => {
    const histogram = new Histogram();
    const night = 12 * 3_600_000;
    histogram.record(night, 99);
    histogram.record(20 * 24 * 3_600_000, 1);
    expect(histogram.percentiles().p50 / night).toBeCloseTo(1, 0);
  });

  it('counts a record with its weight', () => {
    const histogram = new Histogram();
    histogram.record(1, 99);
    histogram.record(1000, 1);
    expect(histogram.percentiles().p90).toBeCloseTo(1, 0);
    expect(histogram.percentiles().max).toBe(1000);
  });

  it('takes times of nothing, and of more than it has buckets for', () => {
    const histogram = new Histogram();
    for (const time of [0, 1e-9, 1e12]) histogram.record(time, 1);
    const { p50, max } = histogram.percentiles();
    expect(p50).toBeLessThan(0.01);
    expect(max).toBe(1e12);
  });
});
