/**
 * Counts the tasks that a worker had started before it was gone, from the oldest unanswered one on.
 *
 *   the worker broke the protocol                          -> what the transport knows without answers, else all
 *   killed from outside, module of the front not loaded    -> 0, three times per job
 *   the worker announced its end                           -> what it said: 0 or 1
 *   else                                                   -> what the transport counts
 *
 * Invariant: the count is never too small, so that no task runs twice. It is asked once, after the channel was drained: it counts the times that a job
 * began again. It does not know what becomes of the tasks.
 */
import type { InFlight } from './in-flight.ts';
import type { KnownFunctions } from './known-functions.ts';
import type { Transport } from './transport.ts';
import type { WorkerExit } from './worker-exit.ts';

export function countStartedAtExit(
  inFlight: InFlight,
  transport: Transport,
  functions: KnownFunctions,
  exit: WorkerExit,
  isTrusted: boolean,
): number {
  // The worker ran on after its last used message, and its announcement may be forged. Shared memory still tells which tasks can be taken back.
  if (!isTrusted) return transport.canTakeBack ? transport.countStarted(inFlight.messages) : inFlight.tasks;
  const { front } = inFlight;
  // Another program killed the worker before the module of its next task was loaded: that task has not begun.
  if (front !== undefined && exit.wasKilledFromOutside && !functions.isLoaded(front.job.fn.id) && front.job.mayBeginAgain()) return 0;
  return exit.startedAtExit ?? transport.countStarted(inFlight.messages);
}
