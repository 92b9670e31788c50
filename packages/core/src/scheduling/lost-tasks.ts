/**
 * Settles the tasks that a lost worker had started, or gives them back to run again.
 *
 *   the client's onWorkerLoss is 'break'  -> the client breaks, and everything open of it fails
 *   else, task by task, the last first:   retries left -> given back to its job        none -> settled with WorkerLostError
 *
 * It does not know which tasks had started (lanes/), and what an error means for a facade.
 */
import type { Chunk } from '../jobs/job.ts';
import type { Lane } from '../lanes/lane.ts';
import { publishEnd, taskChannel } from '../observability/diagnostics.ts';
import type { Client } from './client.ts';

/** The chunks have left the lane. */
export function settleLost(lane: Lane, started: readonly Chunk[]): void {
  const broken = new Map<Client, Error>();
  for (const chunk of started) {
    const client = chunk.job.owner as Client;
    if (!client.options.breaksOnLoss) settleChunk(lane, chunk);
    else if (!chunk.job.isOver) {
      if (!broken.has(client)) broken.set(client, lane.lossError(chunk));
      // It waits again for a moment, so that the client finds it and ends it with all the others.
      chunk.job.giveBack(chunk);
    }
  }
  for (const [client, error] of broken) client.breakDown(error);
}

function settleChunk(lane: Lane, chunk: Chunk): void {
  while (chunk.count > 1) settleTask(lane, chunk.splitTail(1));
  settleTask(lane, chunk);
}

function settleTask(lane: Lane, chunk: Chunk): void {
  const { job, base } = chunk;
  if (job.isOver) return;
  const error = lane.lossError(chunk);
  if (taskChannel.hasSubscribers) publishEnd(lane.id, job.fn.name, base, 'lost', error);
  if (job.mayRerun(base)) job.giveBack(chunk);
  else job.settle(base, false, error);
}
