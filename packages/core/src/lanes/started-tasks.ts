/**
 * Counts the tasks of a slot that a worker had started before it was gone, from the oldest unanswered one on.
 *
 *   the worker broke the protocol                          -> what the transport knows without answers, else all
 *   killed from outside, module of the front not loaded    -> 0, three times per job
 *   the worker announced its end                           -> what it said: 0 or 1
 *   several slots, and the worker sends STARTED            -> 1 if the worker sent STARTED; 0 if not, unless it may be loading the module
 *   else                                                   -> what the transport counts
 *
 * Invariant: the count is never too small, so that no task runs twice. It is asked once, after the channel was drained: it counts the times that a job
 * began again. It does not know what becomes of the tasks.
 */
import type { InFlight } from './in-flight.ts';
import type { KnownFunctions } from './known-functions.ts';
import type { Transport } from './transport.ts';
import type { WorkerExit } from './worker-exit.ts';

/** A slot, as its end is judged. */
export interface EndedSlot {
  readonly index: number;
  readonly inFlight: InFlight;
  /** The worker says when each task begins. */
  readonly isAnnounced: boolean;
  /** It has said so of the front task. */
  readonly hasBegun: boolean;
}

export function countStartedAtExit(
  { index, inFlight, isAnnounced, hasBegun }: EndedSlot,
  transport: Transport,
  functions: KnownFunctions,
  exit: WorkerExit,
  isTrusted: boolean,
): number {
  // The worker ran on after its last used message, and its announcement may be forged. Shared memory still tells which tasks can be taken back.
  if (!isTrusted) return transport.canTakeBack ? transport.countStarted(index, inFlight.messages) : inFlight.tasks;
  const { front } = inFlight;
  const isLoaded = front !== undefined && functions.isLoaded(front.job.fn.id);
  // Another program killed the worker before the module of its next task was loaded: that task has not begun.
  if (front !== undefined && exit.wasKilledFromOutside && !isLoaded && front.job.mayBeginAgain()) return 0;
  const announced = exit.startedIn(index);
  if (announced !== undefined) return announced;
  // STARTED is written before the code of the task is called, and what was written was read.
  if (isAnnounced && (hasBegun || isLoaded)) return hasBegun ? inFlight.tasks : 0;
  return transport.countStarted(index, inFlight.messages);
}
