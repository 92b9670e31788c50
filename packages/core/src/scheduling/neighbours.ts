/**
 * Says which tasks may lie behind each other, in a worker or in one message.
 *
 * A task is never put behind one whose end, by a time limit, a signal or a loss, would end it too. It does not know queues and estimates.
 */
import type { CallSettings, Job } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';

/** A task that may be ended by a limit together with its worker, which would not give back what lies behind it. */
export function isCondemnable(job: Job, lane: Lane): boolean {
  return !lane.canTakeBack && lane.batch === undefined && job.settings.taskTimeout !== Number.POSITIVE_INFINITY;
}

/** Whether a task of `job` may lie behind one of `before`: never where what ends the one, with its worker, would end the other too. */
export function mayFollow(job: Job, before: Job, lane: Lane): boolean {
  if (lane.canTakeBack) return true;
  const { signal, taskTimeout } = before.settings;
  if (lane.batch !== undefined)
    return before.owner === job.owner && !before.fn.runTimes.isAlone && haveSameSettings(before.settings, job.settings);
  return before.owner === job.owner && taskTimeout === Number.POSITIVE_INFINITY && (signal === undefined || signal === job.settings.signal);
}

/** Whether tasks may travel in one message that is stored, run and aborted as a whole. A report belongs to one call. */
function haveSameSettings(one: CallSettings, other: CallSettings): boolean {
  if (one === other) return one.onReport === undefined;
  return (
    one.signal === other.signal &&
    one.taskTimeout === other.taskTimeout &&
    one.priority === other.priority &&
    one.retries === other.retries &&
    one.onReport === undefined &&
    other.onReport === undefined
  );
}
