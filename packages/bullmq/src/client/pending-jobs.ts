/**
 * Keeps the jobs of one client that are in the engine, or on their way to it, and are not settled. Each is settled once.
 *
 *   send --addBulk, once per turn--> storing --> stored --the record says that it ended--> settled, then removed from the engine
 *                                       '-----------'--gone from the engine: stored again under its id, or lost
 *                                       '-----------'--revoke: removed while it waits; aborted by its node if it runs--> settled
 *                                       '-----------'--giveUp: the engine or the nodes are away--> settled, removed when the engine is back
 *
 * - The truth is the record of the job. An event is a hint to read it, and what the event holds is not used; the sweep reads the records of jobs that
 *   were quiet for a while.
 * - A job is settled by the call that takes it out of the map. An end that comes later for its id has no effect.
 * - A record is removed only after its job was settled.
 *
 * It does not know tasks and values: a job has data, and callbacks for its end.
 */

import type { QueueEvents } from 'bullmq';
import { type Engine, isPassing, type JobEnd } from '../engine.ts';
import { type JobData, NODE_LOST, OF_NODE } from '../wire/job-data.ts';

export interface PendingJob {
  readonly id: string;
  readonly name: string;
  readonly data: JobData;
  readonly priority: number;
  ended(end: JobEnd): void;
  failed(error: Error): void;
  progressed(progress: unknown): void;
}

interface Entry {
  readonly job: PendingJob;
  /** Milliseconds at which it was sent, or last looked at. */
  lookedAt: number;
  isStored: boolean;
  /** Times that it was stored again. */
  restored: number;
  /** Why it is lost, if it is. */
  reason: string;
}

/** Milliseconds of quiet after which the record of a job is looked at. PostgreSQL loses more events. */
const QUIET = { redis: 400, postgres: 100 };
/** Milliseconds for which events are read without pending jobs, on PostgreSQL. */
const LINGER = 300;
/** Milliseconds until jobs are stored again that could not be. */
const STORE_AGAIN = 200;
/** The most records that one sweep looks at. */
const MOST_LOOKS = 200;
/** Seconds after which the engine drops a record that its client did not remove. */
const KEPT = 3600;

export class PendingJobs {
  readonly #engine: Engine;
  readonly #entries = new Map<string, Entry>();
  readonly #heard: () => void;
  #outgoing: Entry[] = [];
  #events: QueueEvents | undefined;
  #opening: Promise<void> | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Jobs that ended, as events say. */
  #hinted: string[] = [];
  #acks: string[] = [];
  /** Jobs that were given up, and may be in the engine. */
  readonly #leftovers = new Set<string>();

  readonly #client: string;

  /** `client` begins the ids of its jobs. `heard` is called when the engine has answered. */
  constructor(engine: Engine, client: string, heard: () => void) {
    this.#engine = engine;
    this.#client = client;
    this.#heard = heard;
  }

  get size(): number {
    return this.#entries.size;
  }
  get ids(): string[] {
    return [...this.#entries.keys()];
  }

  /** Reads events from now on. */
  async open(): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#opening ??= this.#open();
    await this.#opening;
  }

  /** No job is pending for now. On PostgreSQL reading holds timers and sockets, which would keep the program alive. */
  rest(): void {
    if (this.#engine.isPostgres) this.#idle ??= setTimeout(() => void this.close(), LINGER);
  }

  async #open(): Promise<void> {
    const events = await this.#engine.openEvents();
    events.on('completed', ({ jobId }) => this.#hint(jobId));
    events.on('failed', ({ jobId }) => this.#hint(jobId));
    events.on('progress', ({ jobId, data }) => {
      this.#heard();
      this.#entries.get(jobId)?.job.progressed(data);
    });
    this.#events = events;
  }

  send(job: PendingJob): void {
    const entry: Entry = { job, lookedAt: performance.now(), isStored: false, restored: 0, reason: 'the engine has lost the job' };
    this.#entries.set(job.id, entry);
    this.#store(entry);
  }

  #store(entry: Entry): void {
    if (this.#outgoing.push(entry) > 1) return;
    queueMicrotask(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    const entries = this.#outgoing.filter(({ job }) => this.#entries.has(job.id));
    this.#outgoing = [];
    if (entries.length === 0) return;
    try {
      await this.#engine.queue.addBulk(entries.map(({ job }) => ({ name: job.name, data: job.data, opts: optionsOf(job) })));
      this.#heard();
      for (const entry of entries) {
        entry.isStored = true;
        entry.lookedAt = performance.now();
      }
    } catch (error) {
      if (isPassing(error)) this.#storeLater(entries);
      // An answer: the engine refused the jobs.
      else for (const { job } of entries) this.#take(job.id)?.failed(error as Error);
    }
  }

  /** PostgreSQL is away, or comes back. Some of the jobs may be there: their ids keep them from being stored twice. */
  #storeLater(entries: readonly Entry[]): void {
    this.#outgoing.unshift(...entries);
    setTimeout(() => void this.#flush(), STORE_AGAIN).unref();
  }

  #take(id: string): PendingJob | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry?.job;
  }

  /** An event says that the job ended. The records of jobs whose events came together are read together. */
  #hint(id: string): void {
    this.#heard();
    // Another client has the job.
    if (!id.startsWith(this.#client)) return;
    if (this.#hinted.push(id) > 1) return;
    queueMicrotask(() => {
      const ids = this.#hinted;
      this.#hinted = [];
      // After a failure the sweep reads them.
      this.#read(ids).catch(() => undefined);
    });
  }

  /** Settles the jobs whose records say that they ended. Returns those of which the engine has no record. */
  async #read(ids: readonly string[]): Promise<string[]> {
    const records = await this.#engine.recordsOf(ids);
    this.#heard();
    const gone: string[] = [];
    for (const [at, record] of records.entries()) {
      const id = ids[at] as string;
      if (record === 'gone') gone.push(id);
      else if (record !== 'open' && 'failed' in record && !record.failed.startsWith(OF_NODE)) this.#outcomeUnknown(id, record.failed);
      else if (record !== 'open') this.#settle(id, record);
    }
    return gone;
  }

  /** These are not the words of a node: BullMQ could not store the outcome. Without its record the job counts as lost, which the sweep finds. */
  #outcomeUnknown(id: string, reason: string): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.reason = reason;
    this.#acknowledge(id);
  }

  /** A job that was settled before stays as it is; the record of a later end is removed all the same. */
  #settle(id: string, end: JobEnd): void {
    const job = this.#take(id);
    this.#acknowledge(id);
    job?.ended(end);
  }

  /** Removes the records of settled jobs, those of one turn together. */
  #acknowledge(id: string): void {
    if (this.#acks.push(id) > 1) return;
    setImmediate(() => {
      const ids = this.#acks;
      this.#acks = [];
      for (const each of ids) this.#engine.queue.remove(each).catch(() => undefined);
    });
  }

  /** Looks at the records of jobs that were quiet. Resolves when the engine has answered. */
  async sweep(): Promise<void> {
    const now = performance.now();
    const least = this.#engine.isPostgres ? QUIET.postgres : QUIET.redis;
    const quiet = [...this.#entries.values()].filter(({ isStored, lookedAt }) => isStored && now - lookedAt >= least).slice(0, MOST_LOOKS);
    if (this.#leftovers.size > 0) this.#removeLeftovers();
    if (quiet.length === 0) return;
    for (const entry of quiet) entry.lookedAt = now;
    const gone = await this.#read(quiet.map(({ job }) => job.id));
    for (const id of gone) {
      const entry = this.#entries.get(id);
      if (entry?.isStored === true) this.#gone(entry);
    }
  }

  /** The engine has lost the record: the job may have run. */
  #gone(entry: Entry): void {
    entry.restored += 1;
    if (entry.restored > entry.job.data.retries) this.#take(entry.job.id)?.ended({ failed: `${NODE_LOST}: ${entry.reason}` });
    else {
      entry.isStored = false;
      this.#store(entry);
    }
  }

  /** Removes jobs that wait from the engine. Returns those that run, or have ended. */
  async revoke(ids: readonly string[]): Promise<string[]> {
    const kept: string[] = [];
    const unsent = new Set(this.#outgoing.map(({ job }) => job.id));
    this.#outgoing = this.#outgoing.filter(({ job }) => !ids.includes(job.id));
    await Promise.all(
      ids.map(async (id) => {
        if (unsent.has(id)) return;
        const isRemoved = await this.#engine.queue.remove(id).catch(() => 0);
        if (isRemoved !== 1) kept.push(id);
      }),
    );
    return kept;
  }

  /** The job is settled elsewhere. */
  forget(id: string): void {
    this.#entries.delete(id);
  }

  /** Settles all jobs with an error each. What of them is in the engine is removed when it answers. */
  giveUp(errorOf: () => Error): void {
    for (const id of this.ids) {
      this.#leftovers.add(id);
      this.#take(id)?.failed(errorOf());
    }
  }

  #removeLeftovers(): void {
    const ids = [...this.#leftovers];
    for (const id of ids) {
      void this.#engine.queue
        .remove(id)
        .then(() => this.#leftovers.delete(id))
        .catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    await this.#opening?.catch(() => undefined);
    const events = this.#events;
    this.#events = undefined;
    this.#opening = undefined;
    // On PostgreSQL an end that comes before the start leaves a connection behind.
    await events?.waitUntilReady().catch(() => undefined);
    await events?.close().catch(() => undefined);
  }
}

function optionsOf({ id, priority }: PendingJob) {
  return { jobId: id, priority, attempts: 1, removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } };
}
