/**
 * Settles the tasks that a lost worker had started, or gives them back to run again.
 *
 *   the client's onWorkerLoss is 'break'  -> the client breaks, and everything open of it fails
 *   else, task by task, the last first:   retries left -> given back to its job        none -> settled with WorkerLostError, when all are sorted
 *
 * It does not know which tasks had started (lanes/), and what an error means for a facade.
 */
import type { Chunk } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import { publishEnd, taskChannel } from '../observability/diagnostics.ts';
import type { Client } from './client.ts';

/**
 * `leave` is called for each chunk just before it leaves the lane: settling a task runs code of the user, which may end the jobs of the others, and what
 * ends a job counts the tasks that have not left.
 */
export function settleLost(lane: Lane, started: readonly Chunk[], leave: (chunk: Chunk) => void): void {
  const lost: Chunk[] = [];
  const broken = new Map<Client, Error>();
  for (const chunk of started) {
    const client = chunk.job.owner as Client;
    if (!client.options.breaksOnLoss) sortOut(lane, chunk, lost, leave);
    else {
      leave(chunk);
      if (chunk.job.isOver) continue;
      if (!broken.has(client)) broken.set(client, lane.lossError(chunk));
      // It waits again for a moment, so that the client finds it and ends it with all the others.
      chunk.job.giveBack(chunk);
    }
  }
  // The first code of the user: all that runs again waits by now, where the end of its client finds it.
  for (const chunk of lost) settle(lane, chunk, leave);
  for (const [client, error] of broken) client.breakDown(error);
}

/** Gives back the tasks that may run again, the last first, and lists the others. */
function sortOut(lane: Lane, chunk: Chunk, lost: Chunk[], leave: (chunk: Chunk) => void): void {
  for (let isLast = false; !isLast; ) {
    isLast = chunk.count === 1;
    const task = isLast ? chunk : chunk.splitTail(1);
    if (task.job.mayRerun(task.base)) {
      leave(task);
      task.job.giveBack(task);
      publish(lane, task);
    } else lost.push(task);
  }
}

function settle(lane: Lane, task: Chunk, leave: (chunk: Chunk) => void): void {
  const { job, base } = task;
  leave(task);
  if (job.isOver) return;
  publish(lane, task);
  if (!job.isOver) job.settle(base, false, lane.lossError(task));
}

function publish(lane: Lane, task: Chunk): void {
  if (taskChannel.hasSubscribers) publishEnd(lane.id, task.job.fn.name, task.base, 'lost', lane.lossError(task));
}
