/** Tests how a blocked event loop is found: with a fake clock and recorded questions. */
import { FakeClock } from '@twinpool/testkit';
import { beforeEach, expect, it } from 'vitest';
import { LoopWatch } from '../../src/lanes/loop-watch.ts';

const PATIENCE = 400;
/** ms until a worker that has answered is asked again. */
const PAUSE = 50;

let clock: FakeClock;
let watch: LoopWatch;
let done: string[];
let isNeeded: boolean;
let stoppedFor: number;

beforeEach(() => {
  clock = new FakeClock();
  done = [];
  isNeeded = true;
  stoppedFor = 0;
  watch = new LoopWatch(clock, PATIENCE, {
    ping: () => done.push('ping'),
    stoppedFor: () => stoppedFor,
    isNeeded: () => isNeeded,
    blocked: () => done.push('blocked'),
  });
});

it('a worker that does not answer in time is blocked', () => {
  watch.begin();
  watch.begin();
  expect(done).toEqual(['ping']);
  clock.advance(PATIENCE - 1);
  expect(done).toEqual(['ping']);
  clock.advance(1);
  expect(done).toEqual(['ping', 'blocked']);
});

it('one that answers is asked again while a task must end, and is blocked if it does not answer then', () => {
  watch.begin();
  for (let i = 0; i < 3; i++) {
    clock.advance(PATIENCE - 1);
    watch.answered();
    clock.advance(PAUSE);
  }
  expect(done).toEqual(['ping', 'ping', 'ping', 'ping']);
  clock.advance(PATIENCE);
  expect(done.at(-1)).toBe('blocked');
});

it('it is not asked again when no task must end, until one must', () => {
  watch.begin();
  watch.answered();
  isNeeded = false;
  clock.advance(10 * PATIENCE);
  expect([done, clock.pending]).toEqual([['ping'], 0]);
  watch.begin();
  expect(done).toEqual(['ping', 'ping']);
});

it('an answer that was not asked for changes nothing, and the end leaves no timer', () => {
  watch.answered();
  expect(clock.pending).toBe(0);
  watch.begin();
  watch.stop();
  watch.answered();
  clock.advance(10 * PATIENCE);
  expect([done, clock.pending]).toEqual([['ping'], 0]);
});

it('time for which the worker was stopped does not count, each stop once', () => {
  stoppedFor = 1_000;
  watch.begin();
  stoppedFor += 30;
  clock.advance(PATIENCE);
  expect(done).toEqual(['ping']);
  clock.advance(30);
  expect(done).toEqual(['ping', 'blocked']);
});

it('a patience below the least one does not take a busy machine for a blocked loop', () => {
  const hasty = new LoopWatch(clock, 0, {
    ping: () => done.push('ping'),
    stoppedFor: () => 0,
    isNeeded: () => true,
    blocked: () => done.push('blocked'),
  });
  hasty.begin();
  clock.advance(200);
  expect(done).toEqual(['ping']);
});
