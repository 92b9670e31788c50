import { describe, expect, it } from 'vitest';
import { AHEAD, RunTimeEstimate } from '../src/primitives/run-time-estimate.ts';

/** The estimate of a function after these run times, each measured alone; µs. */
function measured(...runs: readonly number[]): RunTimeEstimate {
  const estimate = new RunTimeEstimate();
  for (const run of runs) estimate.record(1, run);
  return estimate;
}

const ALONE = 20;

describe('work ahead of a worker', () => {
  it('is none for a function that was never measured', () => {
    expect(new RunTimeEstimate().roomBehind(1, 0, 0, false)).toBe(0);
  });

  it('is about a millisecond of short tasks', () => {
    expect(measured(10).roomBehind(0, 0, 0, false)).toBe(AHEAD / 10);
    expect(measured(10).roomBehind(1, 0, AHEAD / 2, false)).toBe(AHEAD / 20);
    expect(measured(10).roomBehind(1, 0, AHEAD, false)).toBe(0);
  });

  it('is one task where tasks take a millisecond and more', () => {
    expect(measured(2000).roomBehind(1, 0, 2000, false)).toBe(1);
    expect(measured(2000).roomBehind(2, 0, 4000, false)).toBe(0);
  });

  it('is none for tasks of five milliseconds and more', () => {
    expect(measured(5000).roomBehind(1, 0, 0, false)).toBe(0);
    expect(measured(60_000).roomBehind(1, 0, 0, false)).toBe(0);
  });

  it('is nothing until it is worth a message, and then fills it', () => {
    const estimate = measured(10);
    expect(estimate.roomBehind(1, 0, AHEAD - 240, false)).toBe(0);
    expect(estimate.roomBehind(1, 0, AHEAD - 250, false)).toBe(25);
    expect(estimate.roomBehind(76, 1, AHEAD - 240, false)).toBe(24);
  });

  it('ends with the first run that can only be long, and comes back after enough short ones', () => {
    const estimate = measured(10, 10, 40_000);
    for (let i = 0; i < 20; i++) estimate.record(1, 10);
    expect(estimate.roomBehind(1, 0, 0, false)).toBe(0);
    for (let i = 0; i < 2000; i++) estimate.record(1, 10);
    expect(estimate.roomBehind(1, 0, 0, false)).toBeGreaterThan(0);
  });

  it('is left to a worker that gives it back, however long runs are now and then', () => {
    const estimate = measured(10, 10, 40_000);
    for (let i = 0; i < 20; i++) estimate.record(1, 10);
    expect(estimate.roomBehind(1, 0, 0, true)).toBeGreaterThan(0);
  });

  it('outlasts a run that was stopped for some milliseconds, but not many of them', () => {
    const estimate = measured(10, 10);
    const stop = () => {
      estimate.record(1, 8000);
      for (let i = 0; i < 20; i++) estimate.record(1, 10);
    };
    stop();
    expect(estimate.roomBehind(1, 0, 0, false)).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) stop();
    expect(estimate.roomBehind(1, 0, 0, false)).toBe(0);
  });

  it('comes back later where long runs come again and again', () => {
    const runsToTrust = (estimate: RunTimeEstimate): number => {
      for (let runs = 0; ; runs++) {
        if (estimate.roomBehind(1, 0, 0, false) > 0) return runs;
        estimate.record(1, 10);
      }
    };
    const once = measured(10, 100_000);
    const twice = measured(10, 100_000);
    for (let i = 0; i < 20; i++) twice.record(1, 10);
    twice.record(1, 100_000);
    expect(runsToTrust(twice)).toBeGreaterThan(runsToTrust(once) + 100);
  });

  it('is never less than none', () => {
    expect(measured(3).roomBehind(5, 0, 1e9, false)).toBe(0);
  });
});

describe('a long run in the midst of short ones', () => {
  it('is seen in the sum of a batch', () => {
    const estimate = measured(10, 10, 10);
    estimate.record(100, 100 * 10 + 40_000);
    expect(estimate.roomBehind(1, 0, 0, false)).toBe(0);
  });

  it('is not seen where there is none', () => {
    const estimate = measured(10, 10, 10);
    estimate.record(100, 100 * 11);
    expect(estimate.roomBehind(1, 0, 0, false)).toBeGreaterThan(0);
  });
});

describe('the expected run time in a message', () => {
  it('is nothing of a function that was never measured', () => {
    expect(new RunTimeEstimate().expectation(ALONE)).toBe(0);
  });

  it('is the estimate of a short one', () => {
    expect(measured(4).expectation(ALONE)).toBe(4);
  });

  it('is "alone" from the duration at which one message per task is cheap', () => {
    expect(measured(ALONE).expectation(ALONE)).toBe(0);
    expect(measured(ALONE - 1).expectation(ALONE)).toBe(ALONE - 1);
  });

  it('is "alone" after a notable run, for a while', () => {
    const estimate = measured(1, 1, 1, 15_000);
    for (let i = 0; i < 30; i++) estimate.record(1, 1);
    expect(estimate.expectation(ALONE)).toBe(0);
    for (let i = 0; i < 2000; i++) estimate.record(1, 1);
    expect(estimate.expectation(ALONE)).toBeGreaterThan(0);
  });

  it('does not change for a run that was stopped for a moment', () => {
    const estimate = measured(1, 1, 1, 3000);
    for (let i = 0; i < 30; i++) estimate.record(1, 1);
    expect(estimate.expectation(ALONE)).toBeGreaterThan(0);
  });

  it('is never 0 for a function that was measured and is short, however short', () => {
    expect(measured(0, 0, 0).expectation(ALONE)).toBeGreaterThan(0);
  });
});
