/**
 * ClusterNode: takes jobs of a queue and runs them on the local workers. Its event loop runs no task.
 *
 *   starting --start--> ready --drain--> draining --all jobs ended--> ended, 0
 *                                           '------drainTimeout: what has not ended is handed back--> ended, 75
 *
 *   job  --BullMQ Worker--> JobRun --result--> completed          refused, or lost too often --> failed
 *     '--not started HAND_BACK ms after it was taken, behind a slow one--> back to the queue
 *
 * - Jobs are taken ahead of the slots only while tasks are measured to be short.
 * - Locks are renewed by BullMQ. A job whose lock was lost is aborted: another node has it, or will.
 *
 * It does not know flags, health and logs.
 */
import { type Job, type Relay, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import { LEASE } from '../client/control-channel.ts';
import { type Engine, inTime, LAST_WORDS } from '../engine.ts';
import { isAbortFor, NODE_LOST, REFUSED, type ResultData } from '../wire/job-data.ts';
import { encodeList } from '../wire/value-list.ts';
import { JobRun, RefusedError } from './job-run.ts';
import type { TaskMap } from './local-workers.ts';
import { nodeName } from './node-name.ts';
import type { Sessions } from './sessions.ts';

export interface NodeOptions {
  readonly id: string;
  readonly queue: string;
  readonly slots: number;
  readonly secret: string | undefined;
  readonly lockDuration: number;
  readonly maxPayloadBytes: number;
  readonly tasks: TaskMap;
  readonly sessions: Sessions;
  readonly log: (event: string, fields?: Record<string, unknown>) => void;
}

/** Milliseconds. Tasks that take less are taken ahead of a free slot. */
const SHORT = 5;
/** Milliseconds that a job may wait in the node behind others. */
const HAND_BACK = 800;
/** Milliseconds for which a node remembers an abort of a job that it does not have: it may be on its way. */
const REMEMBERED = 2000;
/** Milliseconds between two looks for clients that are gone. */
const CLEAN_EVERY = 5000;
/** The most records of each state that one look reads. */
const MOST_CLEANED = 300;
/** Times that the engine itself lets a job stall: a job says how many it may. */
const UNLIMITED = 100_000;

export class ClusterNode {
  readonly #engine: Engine;
  readonly #options: NodeOptions;
  readonly #jobs = new Map<string, { readonly run: JobRun; readonly job: Job; readonly token: string }>();
  /** Aborts of jobs that are not here, with the time that their tasks have to end. */
  readonly #earlyAborts = new Map<string, number>();
  /** Clients without a lease, since when. */
  readonly #missing = new Map<string, number>();
  #worker!: Worker;
  #relay!: Relay;
  #cleaner: NodeJS.Timeout | undefined;
  #settled = 0;
  #refused = 0;
  #lockLosses = 0;
  #isDraining = false;

  constructor(engine: Engine, options: NodeOptions) {
    this.#engine = engine;
    this.#options = options;
  }

  get counts(): { readonly running: number; readonly settled: number; readonly refused: number; readonly lockLosses: number } {
    return { running: this.#jobs.size, settled: this.#settled, refused: this.#refused, lockLosses: this.#lockLosses };
  }
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Takes jobs from now on. */
  async start(): Promise<void> {
    const { id, queue, slots, lockDuration, log } = this.#options;
    this.#relay = this.#engine.openRelay(id, LEASE);
    await this.#relay.subscribe('abort.*', ({ topic, data }) => this.#aborted(topic.slice('abort.'.length), data));
    const process = (job: Job, token?: string, signal?: AbortSignal) => this.#process(job, token ?? '', signal);
    const options = {
      ...this.#engine.connectionOptions(),
      concurrency: slots,
      lockDuration,
      stalledInterval: lockDuration / 2,
      maxStalledCount: UNLIMITED,
      drainDelay: 1,
      runRetryDelay: 500,
      name: nodeName(id, slots),
    };
    this.#worker = new Worker(queue, process, options as never, this.#engine.backend);
    this.#worker.on('error', (error) => log('engine error', { message: error.message }));
    this.#worker.on('lockRenewalFailed', (ids) => this.#lost(ids));
    await this.#worker.waitUntilReady();
    this.#cleaner = setInterval(() => void this.#clean().catch(() => undefined), CLEAN_EVERY);
  }

  /** Whether the engine answers. */
  async isReached(): Promise<boolean> {
    const late = new Promise<false>((resolve) => setTimeout(resolve, 1000, false).unref());
    const answer = this.#engine.queue.getJobCounts('active').then(
      () => true,
      () => false,
    );
    return Promise.race([answer, late]);
  }

  /** Takes no more jobs, and waits for those that it has; after `timeout` ms it hands them back. Returns how many. */
  async drain(timeout: number): Promise<number> {
    this.#isDraining = true;
    clearInterval(this.#cleaner);
    await inTime(this.#worker.pause(true));
    const until = performance.now() + timeout;
    while (this.#jobs.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
    const handedBack = this.#jobs.size;
    for (const { run } of this.#jobs.values()) run.handBack();
    // An engine that is away learns nothing of it: it hands the jobs on when their locks have run out.
    await inTime(this.#areHandedBack());
    // The outcomes of what has ended are still on their way.
    const left = (await this.isReached()) ? Math.max(LAST_WORDS, until - performance.now()) : LAST_WORDS;
    await inTime(this.#worker.close(this.#jobs.size > 0), left);
    await inTime(this.#relay.close());
    await this.#options.sessions.end();
    await this.#engine.close();
    return handedBack;
  }

  /** It did not start: closes what is open. */
  async abandon(): Promise<void> {
    clearInterval(this.#cleaner);
    await inTime((this.#worker as Worker | undefined)?.close(true));
    await inTime(this.#relay.close());
    await this.#engine.close();
  }

  async #areHandedBack(): Promise<void> {
    const until = performance.now() + LAST_WORDS;
    while (this.#jobs.size > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async #process(job: Job, token: string, signal: AbortSignal | undefined): Promise<ResultData> {
    const { log, sessions, tasks, secret, maxPayloadBytes } = this.#options;
    const id = job.id ?? '';
    const retries = Number((job.data as { retries?: unknown } | undefined)?.retries);
    if (job.stalledCounter > (Number.isFinite(retries) ? retries : 0)) {
      const { stalledCounter } = job;
      throw new UnrecoverableError(
        `${NODE_LOST}: ${stalledCounter} nodes were lost while they ran it, and it may run again ${retries} times`,
      );
    }
    let reports = Promise.resolve();
    const report = (index: number, value: unknown) => {
      reports = reports.then(() => job.updateProgress({ i: index, value: encodeList([value], undefined) })).catch(() => undefined);
    };
    let run: JobRun;
    try {
      run = new JobRun(id, job.data, { tasks, sessions, secret, maxPayloadBytes, report });
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      this.#refused += 1;
      log('refused', { job: id, reason: error.message });
      throw new UnrecoverableError(`${REFUSED}: ${error.message}`);
    }
    this.#jobs.set(id, { run, job, token });
    signal?.addEventListener('abort', () => run.abort(), { once: true });
    const impatient = setTimeout(() => this.#handBackIfStuck(run), HAND_BACK);
    let result: ResultData | undefined;
    try {
      const running = run.run();
      const grace = this.#earlyAborts.get(id);
      if (grace !== undefined) run.abort(grace);
      result = await running;
    } finally {
      clearTimeout(impatient);
      this.#jobs.delete(id);
    }
    // While the engine is away this goes on without end, and so does BullMQ when it stores the outcome.
    await reports;
    if (result === undefined) {
      await job.moveToWait(token);
      throw new WaitingError();
    }
    this.#adapt(run.meanTime);
    this.#settled += result.count;
    return result;
  }

  /** Short tasks: the next job is here when one has ended. */
  #adapt(mean: number): void {
    const { slots } = this.#options;
    const concurrency = mean > 0 && mean < SHORT ? 2 * slots : slots;
    if (this.#worker.concurrency !== concurrency) this.#worker.concurrency = concurrency;
  }

  #handBackIfStuck(run: JobRun): void {
    if (run.hasStarted || this.#jobs.size <= 1) return;
    this.#worker.concurrency = this.#options.slots;
    run.handBack();
  }

  #aborted(client: string, data: unknown): void {
    if (!isAbortFor(data, client, this.#options.secret)) return;
    for (const id of data.ids) {
      if (!id.startsWith(`${client}_`)) continue;
      const here = this.#jobs.get(id);
      if (here !== undefined) {
        here.run.abort(data.grace);
        continue;
      }
      this.#earlyAborts.set(id, data.grace);
      setTimeout(() => this.#earlyAborts.delete(id), REMEMBERED).unref();
    }
  }

  #lost(ids: readonly string[]): void {
    this.#lockLosses += ids.length;
    this.#options.log('locks lost', { jobs: ids });
    for (const id of ids) this.#jobs.get(id)?.run.abort(0);
  }

  /** Removes what clients have left that are gone, and ends what runs for them. */
  async #clean(): Promise<void> {
    const { queue } = this.#engine;
    const alive = new Set((await this.#relay.getNodes()).filter(({ leaseUntil }) => leaseUntil > Date.now()).map(({ id }) => id));
    const isGone = (client: string) => this.#isGone(client, alive.has(client));
    this.#options.sessions.endOf(isGone);
    for (const { run } of this.#jobs.values()) if (isGone(run.client)) run.abort(0);
    for (const job of await queue.getJobs(['prioritized', 'wait', 'completed', 'failed'], 0, MOST_CLEANED)) {
      const id = job?.id ?? '';
      if (/^c[0-9a-f]{16}_/.test(id) && isGone(id.slice(0, id.indexOf('_')))) await queue.remove(id);
    }
  }

  /** A client is gone when it had no lease for the time of one. */
  #isGone(client: string, isAlive: boolean): boolean {
    if (isAlive) {
      this.#missing.delete(client);
      return false;
    }
    const since = this.#missing.get(client) ?? performance.now();
    this.#missing.set(client, since);
    return performance.now() - since > LEASE;
  }
}
