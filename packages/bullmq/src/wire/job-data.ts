/**
 * The shapes of what is stored in the engine: the data of a job, and its return value. Both are plain JSON.
 *
 *   job      a chunk: runs of calls, each run of one function, whose name stands as text. No path, URL or source.
 *   result   the outcomes of all its calls, in their order. An error of a task is an outcome: a *failed* job means that a node was lost or refused it.
 *
 * This file does not know how values are encoded (value-list.ts), nor what a node does with a job.
 */
import { type Fields, isSigned, sign } from './signature.ts';

/** The version of these shapes. A node refuses jobs of another one. */
export const VERSION = 1;

/** The start of each `failedReason` that a node, or its client, wrote. */
export const OF_NODE = 'twinpool: ';
/** That of jobs that ended because their nodes were lost. */
export const NODE_LOST: string = `${OF_NODE}node lost`;
/** That of jobs that a node did not run. */
export const REFUSED: string = `${OF_NODE}refused by the node`;

/** Calls of one function. */
export interface RunData {
  readonly fn: string;
  readonly count: number;
  /** Each item is the list of a call's arguments; else it is the only argument. */
  readonly lists: boolean;
  /** The number of arguments of each call, which lie one after the other; 0: each call has one item. */
  readonly arity: number;
  /** The arguments were parsed by the schema of a checked task. */
  readonly parsed: boolean;
  readonly items: string;
}

export interface JobData {
  readonly v: number;
  readonly runs: readonly RunData[];
  /** What the workers of the client are like, as JSON; '' if they are like all others. */
  readonly session: string;
  /** Times that the job may run again after its node was lost. */
  readonly retries: number;
  /** Times that a task may run again after its worker was lost. */
  readonly workerRetries: number;
  /** Milliseconds that a call may take; `null`: no limit. */
  readonly timeout: number | null;
  /** Reports are wanted. */
  readonly reports: boolean;
  /** Milliseconds that a call has to end after it was aborted. */
  readonly grace: number;
  readonly mac?: string | undefined;
}

export interface ResultData {
  readonly v: number;
  readonly count: number;
  readonly values: string;
  /** For each run: the number of calls that ran, and the microseconds that they took together. */
  readonly times: readonly number[];
  /** No worker can be started for this session; the outcomes say why. */
  readonly broken: boolean;
  readonly mac?: string | undefined;
}

/** Aborts jobs that run, sent through the control channel. */
export interface AbortData {
  readonly ids: readonly string[];
  /** Milliseconds that the tasks have to end. */
  readonly grace: number;
  readonly mac?: string | undefined;
}

function fieldsOfJob(data: JobData): Fields {
  const { v, runs, session, retries, workerRetries, timeout, reports, grace } = data;
  const fields: (string | number | boolean | null)[] = [v, session, retries, workerRetries, timeout, reports, grace, runs.length];
  for (const { fn, count, lists, arity, parsed, items } of runs) fields.push(fn, count, lists, arity, parsed, items);
  return fields;
}

function fieldsOfResult({ v, count, values, times, broken }: ResultData): Fields {
  return [v, count, values, broken, ...times];
}

export function signJob(data: JobData, id: string, secret: string | undefined): JobData {
  return secret === undefined ? data : { ...data, mac: sign(secret, 'job', id, fieldsOfJob(data)) };
}

export function signResult(data: ResultData, id: string, secret: string | undefined): ResultData {
  return secret === undefined ? data : { ...data, mac: sign(secret, 'result', id, fieldsOfResult(data)) };
}

export function signAbort(data: AbortData, client: string, secret: string | undefined): AbortData {
  return secret === undefined ? data : { ...data, mac: sign(secret, 'abort', client, [data.grace, ...data.ids]) };
}

/** Returns what is wrong with a job, as the end of a sentence. Nothing of its items is decoded. */
export function faultOfJob(data: unknown, id: string, secret: string | undefined): string | undefined {
  if (!isJob(data)) return 'it is not a job of twinpool';
  if (data.v !== VERSION) return `it has the form ${String(data.v)}, this node reads ${VERSION}: run the same version of @twinpool/bullmq`;
  if (secret === undefined) return data.mac === undefined ? undefined : 'it is signed, and this node has no secret';
  if (data.mac === undefined) return 'it is not signed';
  return isSigned(secret, 'job', id, fieldsOfJob(data), data.mac) ? undefined : 'its signature is wrong';
}

/** The same for a result. */
export function faultOfResult(data: unknown, id: string, secret: string | undefined): string | undefined {
  if (!isResult(data) || data.v !== VERSION) return 'it is not a result of twinpool';
  if (secret === undefined) return undefined;
  return isSigned(secret, 'result', id, fieldsOfResult(data), data.mac) ? undefined : 'its signature is wrong or missing';
}

export function isAbortFor(data: unknown, client: string, secret: string | undefined): data is AbortData {
  if (typeof data !== 'object' || data === null) return false;
  const { ids, grace, mac } = data as Partial<AbortData>;
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string') || typeof grace !== 'number') return false;
  return secret === undefined || isSigned(secret, 'abort', client, [grace, ...(ids as string[])], mac);
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isJob(data: unknown): data is JobData {
  if (typeof data !== 'object' || data === null) return false;
  const { v, runs, session, retries, workerRetries, timeout, reports, grace } = data as Partial<JobData>;
  const isTimeout = timeout === null || (typeof timeout === 'number' && timeout >= 0);
  const areNumbers = isWhole(v) && isWhole(retries) && isWhole(workerRetries) && typeof grace === 'number' && isTimeout;
  return areNumbers && typeof session === 'string' && typeof reports === 'boolean' && Array.isArray(runs) && runs.every(isRun);
}

function isRun(run: unknown): boolean {
  if (typeof run !== 'object' || run === null) return false;
  const { fn, count, lists, arity, parsed, items } = run as Partial<RunData>;
  const areFlags = typeof lists === 'boolean' && typeof parsed === 'boolean';
  return typeof fn === 'string' && isWhole(count) && isWhole(arity) && areFlags && typeof items === 'string';
}

function isResult(data: unknown): data is ResultData {
  if (typeof data !== 'object' || data === null) return false;
  const { count, values, times, broken } = data as Partial<ResultData>;
  const areRight = isWhole(count) && typeof values === 'string' && typeof broken === 'boolean';
  return areRight && Array.isArray(times) && times.every((time) => typeof time === 'number');
}
