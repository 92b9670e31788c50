/** Tests when an answer of a worker process is worth a poll. */
import { beforeEach, describe, expect, it } from 'vitest';
import { PollGate } from '../../src/lanes/poll-gate.ts';

/** ms. */
const QUICKLY = 0.01;
const LATER = 0.5;

let gate: PollGate;
let at: number;
beforeEach(() => {
  gate = new PollGate();
  at = 1000;
});

/** Calls one after the other, each with its answer. Returns whether each was worth a poll. */
function calls(count: number, pause = QUICKLY, answer: (isPolled: boolean) => void = () => undefined): boolean[] {
  return Array.from({ length: count }, () => {
    at += pause;
    gate.sent(true, at);
    const isPolled = gate.isOpen;
    answer(isPolled);
    gate.answered(at);
    return isPolled;
  });
}
const byPipe = (): void => gate.missed();
const byMail = (isPolled: boolean): void => (isPolled ? gate.found() : gate.missed());

describe('a poll', () => {
  it('is worth it from the third of several calls that follow each other at once', () => {
    expect(calls(5)).toEqual([false, false, true, true, true]);
  });

  it('is not worth it for calls with pauses', () => {
    expect(calls(5, LATER)).not.toContain(true);
  });

  it('is not worth it for the first calls after a pause', () => {
    calls(5);
    at += LATER;
    expect(calls(3)).toEqual([false, false, true]);
  });

  it('is not worth it for a burst, nor for the first calls after it', () => {
    calls(5);
    at += QUICKLY;
    gate.sent(true, at);
    gate.sent(false, at);
    expect(gate.isOpen).toBe(false);
    gate.answered(at);
    expect(calls(3)).toEqual([false, true, true]);
  });

  it('is not worth it for bursts that follow each other', () => {
    for (let i = 0; i < 20; i++) {
      gate.sent(true, at);
      for (let task = 1; task < 10; task++) {
        gate.sent(false, at);
        expect(gate.isOpen).toBe(false);
      }
      gate.answered(at);
    }
  });

  it('is tried less often after each answer that came by the pipe', () => {
    const polled = calls(20, QUICKLY, byPipe).flatMap((isPolled, i) => (isPolled ? [i] : []));
    const distances = polled.slice(1).map((place, i) => place - (polled[i] as number));
    expect(distances).toEqual([1, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it('is tried as often as at first when one has found an answer', () => {
    calls(40, QUICKLY, byPipe);
    while (!calls(1, QUICKLY, byMail)[0]);
    expect(calls(5, QUICKLY, byMail)).toEqual([true, true, true, true, true]);
    expect(calls(1, QUICKLY, byPipe)).toEqual([true]);
    expect(calls(1, QUICKLY, byMail)).toEqual([true]);
  });

  it('stays rare where it was in vain before, also in short rows of calls', () => {
    calls(60, QUICKLY, byPipe);
    let polls = 0;
    for (let row = 0; row < 16; row++) {
      at += LATER;
      polls += calls(4, QUICKLY, byPipe).filter(Boolean).length;
    }
    expect(polls).toBeGreaterThan(0);
    expect(polls).toBeLessThanOrEqual(16);
  });
});
