/**
 * Keeps one listener per abort signal, whatever the number of jobs that watch it.
 *
 * A signal that ten thousand calls share has one listener, and none once the last of them has settled. It does not know what an abort does to a job.
 */
import type { Job } from '../jobs/job.ts';

interface Watch {
  readonly jobs: Set<Job>;
  readonly listener: () => void;
}

const watches = new WeakMap<AbortSignal, Watch>();

/** Calls `onAbort` once, with all jobs that watch the signal at that time. If `onAbort` is undefined, the job stops watching. */
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
