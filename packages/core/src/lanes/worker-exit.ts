/**
 * Keeps how one worker ended, and builds the errors that say so.
 *
 *   alive --decide(reason): this program ends the worker--> alive --ended(status)--> gone
 *
 * Three sources: the reason why this program ended the worker (the first one counts), what the worker said of its own end, and the exit code or
 * signal that the system reports. Without a reason the worker ended on its own, or another program ended it. It does not know which tasks
 * the worker had.
 */
import { WorkerLostError } from '../errors.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { WorkerSetup } from '../wire/messages.ts';

/** How a worker ended, as the system reports it. */
export interface ExitStatus {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cause?: unknown;
  /** The transport knows that the worker had no memory left. */
  readonly isOutOfMemory?: boolean | undefined;
}

/** What is known of a task that was lost with its worker. */
export interface Loss {
  /** When it, or the first one that was lost with it, began; milliseconds of the clock. */
  readonly since: number;
  /** It may not have started. */
  readonly isVague: boolean;
}

/** Why this program ended a worker: a time limit, an aborted or ended task, no more need of it, or a broken protocol. */
export interface EndReason {
  readonly kind: 'limit' | 'abort' | 'end' | 'protocol';
  readonly cause?: unknown;
  /** Why its other tasks are lost with it, as the end of a sentence; absent where the exit status says enough. */
  readonly why?: string;
}

/** Names one worker in an error. */
export interface WorkerName {
  readonly id: number;
  readonly index: number;
  readonly name: string;
  readonly kind: string;
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
}

/** Another program, or the system, sends these. */
const FROM_OUTSIDE = new Set<unknown>(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP']);
const UNKNOWN: ExitStatus = { exitCode: null, signal: null };

export class WorkerExit {
  #reason: EndReason | undefined;
  #status: ExitStatus | undefined;
  #endedAt = 0;
  #isRunningAtExit: boolean | undefined;
  #slotsAtExit: readonly number[] | undefined;
  #lateError: unknown;

  /** `undefined` while the worker is alive. */
  get status(): ExitStatus | undefined {
    return this.#status;
  }

  /** The number of tasks of a slot that had started and were not answered, if the worker announced its end; else `undefined`. */
  startedIn(slot: number): 0 | 1 | undefined {
    if (this.#isRunningAtExit === undefined) return undefined;
    const isRunning = this.#slotsAtExit === undefined ? this.#isRunningAtExit : this.#slotsAtExit.includes(slot);
    return isRunning ? 1 : 0;
  }

  /** The worker ended although this program had not ended it, or it broke the protocol. */
  get wasLost(): boolean {
    return this.#status !== undefined && (this.#reason === undefined || this.#reason.kind === 'protocol');
  }

  /** The worker had no memory left. V8 ends a process without memory by SIGABRT; a worker announces an end of its own. */
  get isOutOfMemory(): boolean {
    const { signal, isOutOfMemory } = this.#status ?? UNKNOWN;
    return isOutOfMemory === true || (signal === 'SIGABRT' && this.#reason === undefined && this.#isRunningAtExit === undefined);
  }

  /** Another program ended the worker. That does not mean that the next one will not start. */
  get wasKilledFromOutside(): boolean {
    return this.#reason === undefined && FROM_OUTSIDE.has(this.#status?.signal);
  }

  /** This program ends the worker. Only the first reason counts. */
  decide(reason: EndReason): void {
    this.#reason ??= reason;
  }

  /** The worker says that it ends on its own, and whether a task ends with it; `slots`: in which of several. Only the first announcement counts. */
  announced(isRunning: boolean, slots: readonly number[] | undefined): void {
    if (this.#isRunningAtExit !== undefined) return;
    this.#isRunningAtExit = isRunning;
    this.#slotsAtExit = slots;
  }

  /** The worker says that it ends because of this error of user code. */
  announcedError(error: unknown, isRunning: boolean, slots: readonly number[] | undefined): void {
    this.#lateError = error;
    this.announced(isRunning, slots);
  }

  /** The worker is gone; `now` in milliseconds of the clock. */
  ended(status: ExitStatus, now: number): void {
    this.#status = status;
    this.#endedAt = now;
  }

  /**
   * The error of a task that was lost with the worker. `memory`: the bytes that the worker used after an earlier task.
   */
  lossError(who: WorkerName, taskName: string, { since, isVague }: Loss, memory: number | undefined): WorkerLostError {
    const { exitCode, signal, cause } = this.#status ?? UNKNOWN;
    const { id, index, name, kind, pid, threadId } = who;
    const runningFor = this.#endedAt - since;
    const where = pid === undefined ? `${kind} ${threadId ?? '?'}` : `${kind} ${pid}`;
    const lost = isVague
      ? `with task '${taskName}', which had or may have started`
      : `while it ran task '${taskName}', which had begun ${Math.round(runningFor)} ms before`;
    return new WorkerLostError(`worker ${id} (${where}) was lost ${lost}: ${this.#why(this.#lateError)}`, {
      workerId: id,
      workerIndex: index,
      workerName: name,
      pid,
      threadId,
      exitCode,
      signal,
      taskName,
      runningFor,
      outOfMemory: this.isOutOfMemory || undefined,
      memory,
      cause: this.#lateError ?? this.#reason?.cause ?? cause,
    });
  }

  /** The error of a worker that did no work; `when` it ended. */
  startError(
    { workerId, workerIndex, workerName }: Pick<WorkerSetup, 'workerId' | 'workerIndex' | 'workerName'>,
    when: string,
  ): WorkerLostError {
    const { isOutOfMemory: _, ...status } = this.#status ?? UNKNOWN;
    const cause = this.#reason?.cause ?? status.cause;
    const outOfMemory = this.isOutOfMemory || undefined;
    return new WorkerLostError(`worker ${workerId} ended ${when}: ${this.#why(undefined)}`, {
      workerId,
      workerIndex,
      workerName,
      ...status,
      cause,
      outOfMemory,
    });
  }

  /** Why the worker ended, as the end of a sentence. */
  #why(lateError: unknown): string {
    if (lateError !== undefined) return `an error outside of any task: ${messageOf(lateError)}`;
    if (this.#reason?.why !== undefined) return this.#reason.why;
    if (this.#reason?.kind === 'protocol') return messageOf(this.#reason.cause);
    const how = describe(this.#status ?? UNKNOWN);
    return this.isOutOfMemory ? `it ran out of memory, and ${how.replace(/ \(.*\)$/, '')}` : how;
  }
}

function describe({ exitCode, signal }: ExitStatus): string {
  if (signal !== null) return `it was ended by ${signal}${signal === 'SIGKILL' ? ' (by hand, or for lack of memory)' : ''}`;
  return exitCode === null ? 'it is gone' : `it exited with code ${exitCode}`;
}
