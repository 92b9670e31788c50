/** Tests which worker is ended when, and how, because of the task at its front: with a fake clock and recorded actions. */
import { FakeClock } from '@twinpool/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { TaskTimeoutError } from '../../src/errors.ts';
import { CallJob, type CallSettings } from '../../src/jobs/job.ts';
import { Deadlines } from '../../src/lanes/deadlines.ts';
import { InFlight } from '../../src/lanes/in-flight.ts';
import { fnOf, ownerOf } from './kit.ts';

const never = Number.POSITIVE_INFINITY;
const LIMIT = 100;
const GRACE = 40;

let clock: FakeClock;
let inFlight: InFlight;
let deadlines: Deadlines;
let done: unknown[][];
let stoppedFor: number;
let isFrontRunning: boolean;
let sequence: number;

beforeEach(() => {
  clock = new FakeClock();
  inFlight = new InFlight();
  done = [];
  stoppedFor = 0;
  isFrontRunning = true;
  sequence = 0;
  deadlines = new Deadlines(clock, inFlight, {
    aftermath: 'its worker was ended',
    stoppedFor: () => stoppedFor,
    abortFront: () => done.push(['abort']),
    isolateFront: (isStuck) => isStuck || isFrontRunning,
    frontLeaves: () => done.push(['leaves']),
    kill: (reason, force) => done.push(['kill', reason.kind, force]),
  });
});

/** A task behind those in flight. */
function send(settings: Partial<CallSettings> = {}): CallJob {
  const usual: CallSettings = { priority: 0, taskTimeout: never, retries: 0, signal: undefined, onReport: undefined };
  const job = new CallJob(fnOf('task'), [1], { ...usual, ...settings }, { jobSettled: (ok, value) => done.push(['settled', ok, value]) });
  job.accept(ownerOf(), 0);
  job.claim(1);
  sequence += 1;
  inFlight.add(sequence, [job], [0], 1, false);
  return job;
}

/** The front task was answered, and the next one is at the front. */
function answer(): void {
  inFlight.advance(1);
  deadlines.answered();
  deadlines.frontChanged();
}

describe('the time limit of a task', () => {
  it('ends its worker without force, and gives the caller the error at once', () => {
    const job = send({ taskTimeout: LIMIT });
    expect(deadlines.started()).toBe(true);
    clock.advance(LIMIT - 1);
    expect(done).toEqual([]);
    clock.advance(1);
    const message = "task 'task' ran longer than its taskTimeout of 100 ms; its worker was ended";
    expect(done).toEqual([['leaves'], ['kill', 'limit', false], ['settled', false, new TaskTimeoutError(message)]]);
    // Its answer, should it still come, is ignored.
    expect(inFlight.front?.job).not.toBe(job);
    expect(inFlight.tasks).toBe(1);
  });

  it('begins once, with a task that has one', () => {
    expect(deadlines.started()).toBe(false);
    send();
    expect(deadlines.started()).toBe(false);
    answer();
    send({ taskTimeout: LIMIT });
    expect(deadlines.started()).toBe(true);
    clock.advance(LIMIT / 2);
    expect(deadlines.started()).toBe(false);
    clock.advance(LIMIT / 2);
    expect(done[1]).toEqual(['kill', 'limit', false]);
  });

  it('is over with the answer, and the next task has its own', () => {
    send({ taskTimeout: LIMIT });
    send({ taskTimeout: LIMIT });
    deadlines.started();
    clock.advance(LIMIT - 1);
    answer();
    clock.advance(LIMIT);
    expect(done).toEqual([]);
    expect(deadlines.started()).toBe(true);
    clock.advance(LIMIT - 1);
    expect(done).toEqual([]);
    clock.advance(1);
    expect(done[1]).toEqual(['kill', 'limit', false]);
  });

  it('does not count the time for which the worker was stopped, each stop once', () => {
    send({ taskTimeout: LIMIT });
    stoppedFor = 1000;
    deadlines.started();
    stoppedFor += 30;
    clock.advance(LIMIT);
    expect(done).toEqual([]);
    stoppedFor += 20;
    clock.advance(30);
    expect(done).toEqual([]);
    clock.advance(19);
    expect(done).toEqual([]);
    clock.advance(1);
    expect(done[1]).toEqual(['kill', 'limit', false]);
  });

  it('does not end a task whose answer is under way', () => {
    send({ taskTimeout: LIMIT });
    deadlines.started();
    isFrontRunning = false;
    clock.advance(LIMIT);
    expect(done).toEqual([]);
    expect(inFlight.front?.job.isOver).toBe(false);
  });

  it('has no timer for a task whose job is over: its grace ends it', () => {
    const job = send({ taskTimeout: LIMIT });
    job.end(new Error('ended'), 'cancelled');
    done = [];
    expect(deadlines.started()).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it('has no timer when the worker is gone', () => {
    const job = send({ taskTimeout: LIMIT });
    deadlines.started();
    deadlines.abandon(new Set([job]), GRACE);
    deadlines.frontChanged();
    expect(clock.pending).toBe(2);
    deadlines.stop();
    expect(clock.pending).toBe(0);
  });
});

describe('the grace of an abandoned task', () => {
  const abandon = (job: CallJob, grace = GRACE): void => {
    deadlines.abandon(new Set([job]), grace);
    deadlines.frontChanged();
  };

  it('begins with the abort of its signal; after it the worker is ended without force', () => {
    abandon(send());
    expect(done).toEqual([['abort']]);
    clock.advance(GRACE - 1);
    expect(done).toHaveLength(1);
    clock.advance(1);
    expect(done).toEqual([['abort'], ['kill', 'abort', false]]);
  });

  it.each([
    ['of 0 ends it at once, without force', 0, false],
    ['below 0 ends it at once, by force', -1, true],
  ])('%s', (_what, grace, force) => {
    abandon(send(), grace);
    expect(done).toEqual([['kill', 'abort', force]]);
    expect(clock.pending).toBe(0);
  });

  it('does not end a task whose answer is under way', () => {
    abandon(send());
    isFrontRunning = false;
    clock.advance(GRACE);
    answer();
    clock.advance(10 * GRACE);
    expect(done).toEqual([['abort']]);
  });

  it('ends a worker that has started tasks of others too, and sends nothing for some time after the grace', () => {
    abandon(send());
    isFrontRunning = false;
    clock.advance(GRACE + 49);
    expect(done).toEqual([['abort']]);
    clock.advance(1);
    expect(done).toEqual([['abort'], ['kill', 'abort', false]]);
  });

  it('is not prolonged, and its signal not aborted again, while the same task is at the front', () => {
    const job = send();
    abandon(job);
    clock.advance(GRACE / 2);
    abandon(job);
    deadlines.frontChanged();
    expect(done).toEqual([['abort']]);
    clock.advance(GRACE / 2);
    expect(done).toEqual([['abort'], ['kill', 'abort', false]]);
  });

  it('is the shortest that was given', () => {
    const job = send();
    abandon(job);
    abandon(job, 0);
    expect(done).toEqual([['abort'], ['kill', 'abort', false]]);
    abandon(job, GRACE);
    expect(done.at(-1)).toEqual(['kill', 'abort', false]);
    expect(done.filter(([what]) => what === 'abort')).toHaveLength(1);
  });

  it('of the next task begins when that gets to the front', () => {
    const jobs = [send(), send()];
    deadlines.abandon(new Set(jobs), GRACE);
    deadlines.frontChanged();
    clock.advance(GRACE - 1);
    answer();
    expect(done).toEqual([['abort'], ['abort']]);
    clock.advance(GRACE - 1);
    expect(done).toHaveLength(2);
    clock.advance(1);
    expect(done.at(-1)).toEqual(['kill', 'abort', false]);
  });

  it('is over with the answer: the next task, which is not abandoned, runs on', () => {
    const job = send();
    send();
    abandon(job);
    answer();
    clock.advance(10 * GRACE);
    expect(done).toEqual([['abort']]);
  });

  it('has not begun for a task behind one that is not abandoned', () => {
    send();
    abandon(send());
    clock.advance(10 * GRACE);
    expect(done).toEqual([]);
    answer();
    expect(done).toEqual([['abort']]);
  });

  it('concerns tasks that the worker has, not what it is given after it had none', () => {
    const job = send();
    const other = send();
    abandon(job);
    answer();
    answer();
    expect(inFlight.tasks).toBe(0);
    deadlines.abandon(new Set([job, other]), GRACE);
    inFlight.add(99, [job], [0], 1, false);
    deadlines.frontChanged();
    clock.advance(10 * GRACE);
    expect(done).toEqual([['abort']]);
  });
});
