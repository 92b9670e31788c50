import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { Job } from '../src/jobs/job.ts';
import { watchSignal } from '../src/scheduling/abort-signals.ts';

const job = () => ({}) as Job;
const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('an abort signal that many jobs wait for', () => {
  it('has one listener, and none when the last of them has settled', () => {
    const { signal } = new AbortController();
    const jobs = Array.from({ length: 10_000 }, job);
    for (const each of jobs) watchSignal(signal, each, () => undefined);
    expect(listeners(signal)).toBe(1);
    for (const each of jobs.slice(1)) watchSignal(signal, each, undefined);
    expect(listeners(signal)).toBe(1);
    watchSignal(signal, jobs[0] as Job, undefined);
    expect(listeners(signal)).toBe(0);
  });

  it('tells of them once, together', () => {
    const controller = new AbortController();
    const jobs = [job(), job(), job()];
    const told: (readonly [readonly Job[], AbortSignal])[] = [];
    for (const each of jobs) watchSignal(controller.signal, each, (aborted, signal) => told.push([[...aborted], signal]));
    watchSignal(controller.signal, jobs[1] as Job, undefined);
    controller.abort();
    expect(told).toEqual([[[jobs[0], jobs[2]], controller.signal]]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('notifies a job only once if it settles during the notification', () => {
    const controller = new AbortController();
    const one = job();
    let times = 0;
    watchSignal(controller.signal, one, () => {
      times += 1;
      watchSignal(controller.signal, one, undefined);
    });
    controller.abort();
    expect(times).toBe(1);
  });

  it('can be watched again after the last watcher left', () => {
    const controller = new AbortController();
    const one = job();
    let times = 0;
    watchSignal(controller.signal, one, () => undefined);
    watchSignal(controller.signal, one, undefined);
    watchSignal(controller.signal, one, () => {
      times += 1;
    });
    controller.abort();
    expect(times).toBe(1);
  });

  it('without a watcher can be left again', () => {
    const { signal } = new AbortController();
    expect(() => watchSignal(signal, job(), undefined)).not.toThrow();
  });
});
