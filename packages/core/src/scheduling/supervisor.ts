/**
 * The workers of one runtime: how many there are, and when one is started, replaced or sent home.
 *
 * Decides when a worker is started: when work waits and none is idle (or at once, for those who ask for it), never more than `size`.
 * A worker that dies is replaced the same way. Starts that fail are braked; one that starts well, and dies by itself before it has begun
 * anything, counts as such:
 *
 *   failure 1, 2, ... since a worker last answered -> the next start waits 0, 50, 100, 200, 400 ... ms and goes alone
 *   none alive and ATTEMPTS_A_WORKER * size failures in a row -> `broken(cause)`: nobody waits for workers that cannot be had
 *
 * Refuses to know which tasks there are and who they belong to.
 */

import type { Lane } from '../lanes/lane.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';

/** Failed starts in a row, a worker, before work is told that there are none. */
const ATTEMPTS_A_WORKER = 3;
/** Bounds of that number: one worker gets a second chance, many do not take for ever. */
const MOST_ATTEMPTS = 6;
/**
 * Starts in a row, a worker, and time since the first of them, ms, that somebody may kill before that counts as a failure. More: whoever kills
 * workers faster than they start keeps waiting work in hope for longer. Fewer: work is told that there are none though there soon would be.
 */
const KILLED_STARTS_A_WORKER = 10;
const KILLED_PATIENCE = 30_000;
/** The same in time, ms, for starts that take long to fail. */
const PATIENCE = 1500;
const FIRST_DELAY = 50;
const LONGEST_DELAY = 1000;
/** An idle worker is told to wait in its event loop after this, ms, so that timers that user code left unreferenced go on. */
const RELEASE_AFTER = 20;

export interface CrewOptions {
  readonly size: number;
  readonly idleTimeout: number;
  readonly startsAtOnce: boolean;
}

export interface CrewHost {
  readonly clock: Clock;
  makeLane(id: number): Lane;
  /** A lane exists, starting. */
  added(lane: Lane): void;
  removed(lane: Lane): void;
  /** No worker can be had; `forGood` when trying again later makes no sense. */
  broken(cause: unknown, forGood: boolean): void;
}

/** What the operating system says when it has run out of something: it may have more later. */
const SHORTAGES = new Set<unknown>(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'ERR_WORKER_INIT_FAILED']);

/** A process that gets no thread or no memory while it starts aborts: it is ended by a signal. */
function isShortage(startError: unknown): boolean {
  const { code, signal } = (startError ?? {}) as { code?: unknown; signal?: unknown };
  return SHORTAGES.has(code) || typeof signal === 'string';
}

export class Crew {
  readonly #options: CrewOptions;
  readonly #host: CrewHost;
  readonly #lanes = new Set<Lane>();
  readonly #retry: Alarm;
  readonly #sweep: Alarm;
  #lastId = 0;
  /** Workers that are gone and in whose place none was started yet. */
  #vacancies = 0;
  #replaced = 0;
  #failures = 0;
  #killedStarts = 0;
  #killedSince = 0;
  #failingSince = 0;
  /** One worker after the other died before it began anything; until one answers no more are started beside those that are there. */
  #isHopeless = false;
  /** Wanted while starts were braked. */
  #isWanted = false;
  /** Open -> leaving: no new worker is started any more. */
  #leaving = false;
  readonly #waiters: (() => void)[] = [];

  constructor(options: CrewOptions, host: CrewHost) {
    this.#options = options;
    this.#host = host;
    this.#retry = new Alarm(host.clock, () => this.#tryAgain(), { keepsAlive: true });
    this.#sweep = new Alarm(host.clock, () => this.#sweepIdle());
  }

  get size(): number {
    return this.#options.size;
  }

  get replaced(): number {
    return this.#replaced;
  }

  /** Starts all workers now. */
  startAll(): void {
    for (let i = this.#count('starting') + this.#count('ready'); i < this.#options.size; i++) this.#start();
  }

  /** Work for `tasks` more workers waits. */
  wanted(tasks: number): void {
    if (this.#leaving || (this.#isHopeless && this.#lanes.size > 0)) return;
    if (this.#retry.isSet) {
      this.#isWanted = true;
      return;
    }
    const starting = this.#count('starting');
    let room = this.#options.size - starting - this.#serving();
    // After a failure one at a time, until one has started well.
    const most = this.#failures > 0 ? 1 : tasks;
    for (let i = starting; i < most && room > 0; i++, room--) this.#start();
  }

  ready(): void {
    this.#killedStarts = 0;
  }

  /** A worker has answered: it can not only be started, it works. */
  serves(): void {
    this.#failures = 0;
    this.#isHopeless = false;
  }

  /** A lane has nothing to do, as far as it is known. */
  rests(): void {
    this.#sweep.set(RELEASE_AFTER);
  }

  /** A worker is gone. */
  gone(lane: Lane, wasReady: boolean): void {
    this.#lanes.delete(lane);
    if (wasReady) this.#vacancies += 1;
    this.#host.removed(lane);
    if (this.#lanes.size === 0) for (const resolve of this.#waiters.splice(0)) resolve();
    // One that ended with the program did not fail to start. Work that has come meanwhile asks for another.
    if (this.#leaving || lane.endsWithProgram) return;
    if (wasReady && !lane.diedYoung) {
      if (this.#options.startsAtOnce && lane.wasLost) this.wanted(1);
      return;
    }
    // Started again like any other that was lost, but not for ever: what kills them all may be a lack of memory.
    if (lane.wasKilledFromOutside && this.#mayTryAgain()) return;
    this.#failures += 1;
    const attempts = Math.min(ATTEMPTS_A_WORKER * this.#options.size, MOST_ATTEMPTS);
    if (this.#failures === 1) this.#failingSince = this.#host.clock.now();
    const isOver = lane.hasHungAtStart || (this.#failures >= ATTEMPTS_A_WORKER && this.#host.clock.now() - this.#failingSince > PATIENCE);
    if ((this.#failures >= attempts || isOver) && this.#count('ready') === 0) {
      if (this.#count('starting') > 0) return;
      this.#failures = 0;
      this.#isHopeless = false;
      this.#isWanted = false;
      const { startError } = lane;
      this.#host.broken(startError, !isShortage(startError));
      return;
    }
    // Those that are there have not shown that they do better: if they end the same way, nothing more is started, and work is told.
    this.#isHopeless ||= lane.diedYoung && this.#failures >= attempts;
    this.#isWanted = true;
    if (!this.#retry.isSet) this.#retry.set(this.#failures === 1 ? 0 : Math.min(FIRST_DELAY * 2 ** (this.#failures - 2), LONGEST_DELAY));
  }

  /** Every worker leaves when it has answered. Resolves when all are gone. */
  leave(): Promise<void> {
    this.#stop();
    for (const lane of [...this.#lanes]) lane.retire();
    return this.#allGone();
  }

  /** Ends every worker now. Resolves when all are gone. */
  kill(force: boolean): Promise<void> {
    this.#stop();
    for (const lane of [...this.#lanes]) lane.kill({ kind: 'end' }, force);
    return this.#allGone();
  }

  #stop(): void {
    this.#leaving = true;
    this.#retry.stop();
    this.#sweep.stop();
  }

  #allGone(): Promise<void> {
    return this.#lanes.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiters.push(resolve));
  }

  #count(state: Lane['state']): number {
    let count = 0;
    for (const lane of this.#lanes) if (lane.state === state) count += 1;
    return count;
  }

  /** Workers that take more tasks; one that has had its last is replaced while it still runs it. */
  #serving(): number {
    let count = 0;
    for (const { state, callsLeft } of this.#lanes) if (state === 'ready' && callsLeft > 0) count += 1;
    return count;
  }

  /** Counts a start that somebody killed. */
  #mayTryAgain(): boolean {
    const now = this.#host.clock.now();
    if (this.#killedStarts === 0) this.#killedSince = now;
    this.#killedStarts += 1;
    return this.#killedStarts <= KILLED_STARTS_A_WORKER * this.#options.size || now - this.#killedSince < KILLED_PATIENCE;
  }

  #start(): void {
    this.#lastId += 1;
    if (this.#vacancies > 0) {
      this.#vacancies -= 1;
      this.#replaced += 1;
    }
    const lane = this.#host.makeLane(this.#lastId);
    this.#lanes.add(lane);
    this.#host.added(lane);
    lane.start();
  }

  #tryAgain(): void {
    if (!this.#isWanted || this.#leaving) return;
    this.#isWanted = false;
    this.wanted(1);
  }

  #sweepIdle(): void {
    const now = this.#host.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const lane of [...this.#lanes]) {
      if (!lane.isIdle) continue;
      const idle = now - lane.idleSince;
      if (idle >= this.#options.idleTimeout) {
        lane.retire();
        continue;
      }
      if (idle >= RELEASE_AFTER) lane.release();
      else next = Math.min(next, RELEASE_AFTER - idle);
      next = Math.min(next, this.#options.idleTimeout - idle);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#sweep.set(Math.max(1, next));
  }
}
