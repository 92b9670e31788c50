/**
 * One listener per abort signal, however many jobs wait for it.
 *
 * Decides who hears of an abort. A signal shared by ten thousand calls has one listener, and none when the last of them has settled.
 */
import type { Job } from '../jobs/job.ts';

interface Watch {
  readonly jobs: Set<Job>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `onAbort` once with all jobs that watch the signal then; with `onAbort` undefined the job stops watching. */
export function watchSignal(signal: AbortSignal, job: Job, onAbort: ((jobs: Set<Job>, signal: AbortSignal) => void) | undefined): void {
  const watch = watches.get(signal);
  if (onAbort === undefined) {
    if (watch === undefined) return;
    watch.jobs.delete(job);
    if (watch.jobs.size > 0) return;
    watches.delete(signal);
    signal.removeEventListener('abort', watch.listener);
    return;
  }
  if (watch !== undefined) {
    watch.jobs.add(job);
    return;
  }
  const jobs = new Set<Job>([job]);
  const listener = () => {
    watches.delete(signal);
    onAbort(jobs, signal);
  };
  watches.set(signal, { jobs, listener });
  signal.addEventListener('abort', listener, { once: true });
}
