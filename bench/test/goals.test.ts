import { describe, expect, it } from 'vitest';
import { isReached, judgeAll, slopeOf, summary } from '../harness/statistics.mjs';

const metrics = { p50: { better: 'lower' }, p99: { better: 'lower' } };
const figures = (...rounds: number[]) => ({ p50: summary(rounds) });

describe('judgeAll', () => {
  const question = {
    of: 'ours',
    metrics,
    goals: [
      { text: 'p50 <= 0.5 x peer', metric: 'p50', over: ['peer'], atMost: 0.5 },
      { text: 'p50 <= 2 x given', metric: 'p50', over: ['given'], atMost: 2, ifMeasured: true },
      { text: 'p99 <= 10', metric: 'p99', atMost: 10 },
    ],
  };

  it('judges the median of the ratios within each round', () => {
    const [goal] = judgeAll(question, { ours: figures(1, 2, 9), peer: figures(4, 4, 4) });
    expect(goal.value.median).toBe(0.5);
    expect(isReached(goal)).toBe(true);
  });

  it('leaves out a goal over a peer that takes part only where its folder is given', () => {
    const texts = (measured: object) => judgeAll(question, measured).map(({ text }: { text: string }) => text);
    const measured = { ours: figures(1), peer: figures(4) };
    expect(texts(measured)).toEqual(['p50 <= 0.5 x peer', 'p99 <= 10']);
    expect(texts({ ...measured, given: figures(1) })).toEqual(['p50 <= 0.5 x peer', 'p50 <= 2 x given', 'p99 <= 10']);
  });

  it('has no verdict where the contender or the metric of a goal was not measured', () => {
    expect(judgeAll(question, { ours: figures(1) }).map(isReached)).toEqual([undefined, undefined]);
    expect(judgeAll(question, {}).map(isReached)).toEqual([undefined, undefined]);
  });
});

describe('slopeOf', () => {
  it('is the slope of a line', () => {
    expect(
      slopeOf([
        [0, 5],
        [10, 25],
        [20, 45],
      ]),
    ).toBeCloseTo(2, 10);
  });

  it('is hardly moved by noise around a level', () => {
    expect(Math.abs(slopeOf(Array.from({ length: 100 }, (_, i) => [i * 1_000, 1_000_000 + (i % 2) * 100])))).toBeLessThan(0.01);
  });

  it('is 0 for a single point', () => {
    expect(slopeOf([[1, 2]])).toBe(0);
  });
});
