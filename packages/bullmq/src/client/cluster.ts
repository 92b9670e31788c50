/**
 * Keeps one client's view of the cluster: its pending jobs, its nodes, and whether the engine answers.
 *
 *   engine   answering --no answer for engineTimeout while jobs are pending--> down: all jobs end with EngineDownError, also those that come
 *            down --an answer--> answering
 *   nodes    none, while jobs are pending, for noWorkersTimeout: all jobs of tasks that were accepted before end with NoWorkersError
 *   credit   2 x the slots of all nodes, from 8 to 256: the jobs that may be in the engine at once
 *
 * The watch runs while jobs are pending, and while the engine is down. It does not know tasks and values.
 */
import { randomBytes } from 'node:crypto';
import type { NodeStats } from '@twinpool/core';
import { EngineDownError, NoWorkersError } from '@twinpool/core/facade';
import { type Engine, inTime } from '../engine.ts';
import { parseNodeName } from '../node/node-name.ts';
import { ControlChannel } from './control-channel.ts';
import { type PendingJob, PendingJobs } from './pending-jobs.ts';

export interface ClusterOptions {
  readonly secret: string | undefined;
  readonly engineTimeout: number;
  readonly noWorkersTimeout: number;
  /** The number of lanes that make sense has changed. */
  readonly resized: (credit: number) => void;
}

const LEAST_CREDIT = 8;
export const MOST_CREDIT = 256;
/** Milliseconds between two looks at jobs, and at nodes. PostgreSQL loses more events. */
const PERIOD = { redis: 250, postgres: 100 };
const NODE_PERIOD = 500;
/** Milliseconds for the end of connections: PostgreSQL needs more than one second on a busy machine. */
const CLOSE_LIMIT = 3000;
/** Milliseconds of which a longer gap means that this program was stopped. */
const STOPPED = 2000;

export class Cluster {
  readonly id: string = `c${randomBytes(8).toString('hex')}`;
  readonly jobs: PendingJobs;
  readonly #engine: Engine;
  readonly #options: ClusterOptions;
  readonly #control: ControlChannel;
  #nodes: readonly NodeStats[] = [];
  #credit = LEAST_CREDIT;
  #sequence = 0;
  #timer: NodeJS.Timeout | undefined;
  #tickedAt = 0;
  #heardAt = 0;
  #isDown = false;
  /** Milliseconds: nodes were there, or work began. */
  #nodesSince = 0;
  #nodesLookedAt = 0;
  /** Tasks that were accepted before have waited for nodes in vain. */
  #noWorkersAt = 0;
  #sweeping: Promise<void> | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;
  readonly #tracked = new Set<Promise<void>>();
  /** Jobs that are revoked in this turn, by the time that their tasks have; and those of them that run. */
  readonly #revoking = new Map<number, { readonly all: string[]; readonly running: Promise<Set<string>> }>();

  constructor(engine: Engine, options: ClusterOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#control = new ControlChannel(engine, this.id, options.secret);
    this.jobs = new PendingJobs(engine, this.id, () => this.#heard());
  }

  get credit(): number {
    return this.#credit;
  }
  get nodes(): readonly NodeStats[] {
    return this.#nodes;
  }

  nextId(): string {
    this.#sequence += 1;
    return `${this.id}_${this.#sequence.toString(36)}`;
  }

  /** Resolves when `count` nodes are there. Rejects with NoWorkersError after `noWorkersTimeout`. */
  async waitForNodes(count: number): Promise<void> {
    const until = performance.now() + this.#options.noWorkersTimeout;
    for (;;) {
      await this.#lookAtNodes();
      if (this.#nodes.length >= count) return;
      if (performance.now() >= until) {
        throw new NoWorkersError(
          `${this.#nodes.length} of ${count} nodes were there after ${this.#options.noWorkersTimeout} ms; ${HOW_TO_START}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** The error of a task that was accepted at this time; `undefined`: it can be sent. */
  failureAt(acceptedAt: number): Error | undefined {
    if (this.#isDown) return this.#downError();
    return acceptedAt <= this.#noWorkersAt ? this.#noWorkersError() : undefined;
  }

  send(job: PendingJob): void {
    if (this.jobs.size === 0) this.#begin();
    this.jobs.send(job);
  }

  /**
   * Ends jobs: removes those that wait, and aborts those that run; their tasks have `grace` ms. Resolves with the ids that were removed. Of all jobs that
   * are revoked in one turn those that wait are removed first: a node that is free then finds none of them.
   */
  async revoke(ids: readonly string[], grace: number): Promise<string[]> {
    let together = this.#revoking.get(grace);
    if (together === undefined) {
      const all: string[] = [];
      together = { all, running: Promise.resolve().then(() => this.#revokeAll(all, grace)) };
      this.#revoking.set(grace, together);
    }
    together.all.push(...ids);
    const running = await together.running;
    return ids.filter((id) => !running.has(id));
  }

  async #revokeAll(ids: readonly string[], grace: number): Promise<Set<string>> {
    this.#revoking.delete(grace);
    const running = new Set(await this.jobs.revoke(ids));
    await this.#control.abort([...running], grace);
    return running;
  }

  /** The end of the cluster waits for it. */
  track(work: Promise<unknown>): void {
    const tracked = work.then(ignore, ignore).finally(() => this.#tracked.delete(tracked));
    this.#tracked.add(tracked);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    await inTime(Promise.all(this.#tracked));
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await inTime(Promise.all([this.#control.end(), this.jobs.close()]), CLOSE_LIMIT);
    await this.#engine.close();
  }

  #begin(): void {
    const now = performance.now();
    this.#heardAt = now;
    this.#nodesSince = now;
    this.#tickedAt = now;
    this.#control.join();
    void this.jobs.open().catch(ignore);
    this.#plan();
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#isDown = false;
  }

  #plan(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tick(), this.#engine.isPostgres ? PERIOD.postgres : PERIOD.redis);
    this.#timer.unref();
  }

  #tick(): void {
    this.#timer = undefined;
    const now = performance.now();
    // The program was stopped, or busy: answers lie unread.
    if (now - this.#tickedAt > STOPPED) this.#heardAt = now;
    this.#tickedAt = now;
    this.#sweeping ??= this.jobs
      .sweep()
      .catch(() => undefined)
      .finally(() => {
        this.#sweeping = undefined;
      });
    if (now - this.#nodesLookedAt >= NODE_PERIOD) {
      this.#looking ??= this.#lookAtNodes()
        .catch(() => undefined)
        .finally(() => {
          this.#looking = undefined;
        });
    }
    this.#judge(now);
    if (this.jobs.size > 0 || this.#isDown) this.#plan();
    else {
      this.#control.rest();
      this.jobs.rest();
    }
  }

  #judge(now: number): void {
    const { engineTimeout, noWorkersTimeout } = this.#options;
    if (this.jobs.size === 0) return;
    if (now - this.#heardAt > engineTimeout) {
      this.#isDown = true;
      this.jobs.giveUp(() => this.#downError());
    } else if (this.#nodes.length === 0 && now - this.#nodesSince >= noWorkersTimeout) {
      this.#noWorkersAt = now;
      this.#nodesSince = now;
      this.jobs.giveUp(() => this.#noWorkersError());
    }
  }

  async #lookAtNodes(): Promise<void> {
    const workers = await this.#engine.queue.getWorkers();
    this.#heard();
    const now = performance.now();
    this.#nodesLookedAt = now;
    this.#nodes = workers.map(({ rawname, name }) => parseNodeName(rawname ?? name ?? '')).filter((node) => node !== undefined);
    if (this.#nodes.length > 0) this.#nodesSince = now;
    const slots = this.#nodes.reduce((sum, node) => sum + node.slots, 0);
    const credit = Math.min(MOST_CREDIT, Math.max(LEAST_CREDIT, 2 * slots));
    if (credit === this.#credit) return;
    this.#credit = credit;
    this.#options.resized(credit);
  }

  #downError(): EngineDownError {
    return new EngineDownError(`the queue engine has not answered for ${this.#options.engineTimeout} ms: the task may have run`);
  }

  #noWorkersError(): NoWorkersError {
    return new NoWorkersError(`no node was there for ${this.#options.noWorkersTimeout} ms; ${HOW_TO_START}`);
  }
}

function ignore(): void {
  // What is tracked has no outcome that matters.
}

const HOW_TO_START = 'start one with `twinpool worker --queue NAME --tasks FILE`';
