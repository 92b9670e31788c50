/** How a worker ended, in words and as an error. Decides the wording only. */
import { WorkerLostError } from '../errors.ts';

export interface Death {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly cause?: unknown;
}

/** What ended a worker that we ended; undefined when it died by itself. */
export type Verdict = { readonly kind: 'limit' | 'abort' | 'end' | 'protocol'; readonly cause?: unknown };

/** Who it was. */
export interface Deceased {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly pid: number | undefined;
  readonly threadId: number | undefined;
}

export function lossError(
  who: Deceased,
  taskName: string,
  runningFor: number,
  death: Death,
  lateError: unknown,
  verdict: Verdict | undefined,
): WorkerLostError {
  const where = who.pid === undefined ? `${who.kind} ${who.threadId ?? '?'}` : `${who.kind} ${who.pid}`;
  const since = `which had begun ${Math.round(runningFor)} ms before`;
  const message = `worker ${who.id} (${where}) was lost while it ran task '${taskName}', ${since}: ${why(death, lateError, verdict)}`;
  return new WorkerLostError(message, {
    workerId: who.id,
    workerName: who.name,
    pid: who.pid,
    threadId: who.threadId,
    exitCode: death.exitCode,
    signal: death.signal,
    taskName,
    runningFor,
    cause: lateError ?? verdict?.cause ?? death.cause,
  });
}

/** Why it ended, as the end of a sentence. */
export function why(death: Death, lateError: unknown, verdict: Verdict | undefined): string {
  if (lateError !== undefined) return `an error outside of any task: ${messageOf(lateError)}`;
  return verdict?.kind === 'protocol' ? messageOf(verdict.cause) : describeDeath(death);
}

export function describeDeath({ exitCode, signal }: Death): string {
  if (signal !== null) return `it was ended by ${signal}${signal === 'SIGKILL' ? ' (by hand, or for lack of memory)' : ''}`;
  return exitCode === null ? 'it is gone' : `it exited with code ${exitCode}`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
