/**
 * JobRun: one job of the engine on this node, from its data to its result.
 *
 *   data --checked, decoded--> RunJobs --local workers--> outcomes --encoded, signed--> result
 *     '--wrong signature or form--> RefusedError: the job fails, and nothing of it was decoded
 *
 *   waiting --a worker takes a call--> started         abort: its calls end      handBack: only while it waits
 *
 * It does not know BullMQ.
 */
import { CancelledError, TaskModuleError, TaskSerializationError } from '@twinpool/core';
import type { CallSettings, TaskFunction } from '@twinpool/core/facade';
import { faultOfJob, type JobData, type ResultData, type RunData, signResult } from '../wire/job-data.ts';
import type { LocalWorkers, TaskMap } from './local-workers.ts';
import { type RunOutcomes, resultOf } from './outcomes.ts';
import { type DecodedRun, decodeRun } from './run-items.ts';
import { RunJob } from './run-job.ts';
import type { Sessions } from './sessions.ts';

/** The node does not run this job. */
export class RefusedError extends Error {}

export interface JobRunOptions {
  readonly tasks: TaskMap;
  readonly sessions: Sessions;
  readonly secret: string | undefined;
  readonly maxPayloadBytes: number;
  /** A call reports. */
  readonly report: (index: number, value: unknown) => void;
}

/** The outcomes of a run, or the job that will have them. */
interface Run {
  readonly data: RunData;
  readonly fn: TaskFunction | undefined;
  readonly job: RunJob | undefined;
  /** Calls that do not run, with their errors; `undefined`: the client has settled them. */
  readonly refused: ReadonlyMap<number, unknown>;
}

export class JobRun {
  readonly id: string;
  readonly #data: JobData;
  readonly #options: JobRunOptions;
  readonly #runs: Run[] = [];
  readonly #workers: LocalWorkers;
  #left = 1;
  #resolve!: () => void;
  readonly #ended: Promise<void> = new Promise((resolve) => {
    this.#resolve = resolve;
  });
  #isHandedBack = false;

  /** Throws RefusedError. */
  constructor(id: string, data: unknown, options: JobRunOptions) {
    const fault = faultOfJob(data, id, options.secret);
    if (fault !== undefined) throw new RefusedError(fault);
    this.id = id;
    this.#data = data as JobData;
    this.#options = options;
    try {
      this.#workers = options.sessions.enter(this.#data.session);
    } catch (error) {
      throw new RefusedError(`its session cannot be read: ${(error as Error).message}`);
    }
    let from = 0;
    for (const run of this.#data.runs) {
      this.#runs.push(this.#runOf(run, from));
      from += run.count;
    }
  }

  /** A worker has had a call of it, or it has none to run. */
  get hasStarted(): boolean {
    return this.#runs.some(({ job }) => job === undefined || job.hasStarted);
  }
  /** The mean run time of its calls so far, ms. */
  get meanTime(): number {
    let mean = 0;
    for (const { fn } of this.#runs) mean = Math.max(mean, (fn?.runTimes.estimate ?? 0) / 1000);
    return mean;
  }
  get isHandedBack(): boolean {
    return this.#isHandedBack;
  }
  get client(): string {
    return this.id.slice(0, this.id.indexOf('_'));
  }

  /** Runs its calls. Resolves with the result; `undefined` if it was handed back. */
  async run(): Promise<ResultData | undefined> {
    const { sessions, secret, maxPayloadBytes } = this.#options;
    try {
      for (const { job } of this.#runs) {
        if (job === undefined) continue;
        this.#left += 1;
        this.#workers.submit(job, job.waiting);
      }
      this.#endOne();
      await this.#ended;
      if (this.#isHandedBack) return undefined;
      return signResult(resultOf(this.#runs.map(outcomesOf), maxPayloadBytes, this.#workers.isBroken), this.id, secret);
    } finally {
      sessions.leave(this.#data.session);
    }
  }

  abort(grace: number = this.#data.grace): void {
    const jobs = this.#runs.flatMap(({ job }) => (job === undefined ? [] : [job]));
    this.#workers.abort(jobs, new CancelledError('the task was aborted on its node'), grace);
  }

  /** Gives it up, so that another node can run it. */
  handBack(): void {
    this.#isHandedBack = true;
    this.abort(0);
  }

  #runOf(data: RunData, from: number): Run {
    const { tasks } = this.#options;
    const fn = tasks.get(data.fn, data.parsed);
    if (fn === undefined) {
      const error = new TaskModuleError(`the node has no task '${data.fn}'; it has ${tasks.names.join(', ')}`);
      return { data, fn, job: undefined, refused: allWith(data.count, error) };
    }
    let items: DecodedRun;
    try {
      items = decodeRun(data);
    } catch (error) {
      const reason = `the arguments arrived but cannot be read: ${(error as Error).message}`;
      return { data, fn, job: undefined, refused: allWith(data.count, new TaskSerializationError(reason, { cause: error })) };
    }
    const { refused } = items;
    const places: number[] = [];
    for (let index = 0; index < data.count; index++) if (!refused.has(index)) places.push(index);
    if (places.length === 0) return { data, fn, job: undefined, refused };
    const calls =
      refused.size === 0 ? items : { count: places.length, lists: items.lists, at: (i: number) => items.at(places[i] as number) };
    const report = (value: unknown, index: number) => this.#options.report(from + (places[index] as number), value);
    return { data, fn, refused, job: new RunJob(fn, calls, this.#settings(report), () => this.#endOne()) };
  }

  #settings(report: (value: unknown, index: number) => void): CallSettings {
    const { timeout, workerRetries, reports } = this.#data;
    return {
      priority: 0,
      taskTimeout: timeout ?? Number.POSITIVE_INFINITY,
      retries: workerRetries,
      signal: undefined,
      onReport: reports ? report : undefined,
    };
  }

  #endOne(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#resolve();
  }
}

function allWith(count: number, error: unknown): Map<number, unknown> {
  return new Map(Array.from({ length: count }, (_, index) => [index, error]));
}

/** The outcomes of all calls of a run, those that did not run included. */
function outcomesOf({ data, fn, job, refused }: Run): RunOutcomes {
  const mean = fn?.runTimes.lastMean ?? 0;
  if (job !== undefined && refused.size === 0) return { values: job.values, failures: job.failures, mean, ran: job.values.length };
  const values: unknown[] = new Array(data.count).fill(undefined);
  const failures = new Set<number>();
  let at = 0;
  for (let index = 0; index < data.count; index++) {
    if (refused.has(index)) {
      values[index] = refused.get(index);
      if (values[index] !== undefined) failures.add(index);
    } else {
      values[index] = job?.values[at];
      if (job?.failures.has(at) === true) failures.add(index);
      at += 1;
    }
  }
  return { values, failures, mean, ran: at };
}
