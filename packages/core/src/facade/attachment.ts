/**
 * A facade's place at a runtime: its own workers or somebody's, one client, the settings of its calls.
 *
 * Decides what ends with the facade: its own runtime goes with it, a shared one stays. What the ends are called, and which errors
 * they carry, is the facade's word.
 */

import type { CallSettings, Job } from '../jobs/job.ts';
import type { StreamJob } from '../jobs/stream-job.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import type { ResolvedShare } from '../options/resolve-options.ts';
import { coreOf, RuntimeCore, WorkerRuntime } from '../runtime.ts';
import type { Client } from '../scheduling/client.ts';
import { resolveFacade } from './facade-options.ts';

export interface SeatShape {
  /** The facade's name in messages, unless the user gave one. */
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** The facade's word for the number of workers. */
  readonly count: 'processes' | 'maxWorkers';
  /** Workers are started with the facade; else when work comes. */
  readonly startsAtOnce: boolean;
  /** Of work whose workers cannot be had, or (onWorkerLoss 'break') were lost. It must not hold the facade: it lives as long as the runtime. */
  readonly brokenError: (name: string, cause: unknown) => Error;
  /** For an input that is not read any further, since no new work is taken. */
  readonly closedError: (name: string) => Error;
  /** Whether an input is read on after the facade was closed, to its end; the others end at once. */
  readonly readsOn: (stream: StreamJob) => boolean;
  /** Of open work whose workers were ended by whoever owns them; `cause` is the owner's word for it. */
  readonly endedError: (name: string, cause: unknown) => unknown;
}

const seats = new WeakMap<object, Seat>();

/** The seat of a facade; undefined for what is none. */
export function seatOf(facade: object): Seat | undefined {
  return seats.get(facade);
}

export class Seat {
  readonly name: string;
  /** The most workers this facade uses at once. */
  readonly workers: number;
  /** Of a call that asks for nothing else. */
  readonly settings: CallSettings;
  readonly kind: string;
  readonly #core: RuntimeCore;
  readonly #client: Client;
  readonly #share: ResolvedShare;
  /** The workers are this facade's own, and end with it. */
  readonly ownsWorkers: boolean;
  #ended: Promise<void> | undefined;

  private constructor(core: RuntimeCore, ownsWorkers: boolean, share: ResolvedShare, shape: SeatShape) {
    const { name } = share;
    this.name = name;
    this.workers = share.maxLanes;
    this.settings = share.settings;
    this.kind = core.workers.kind;
    this.ownsWorkers = ownsWorkers;
    this.#core = core;
    this.#share = share;
    this.#client = core.openClient({
      name,
      maxLanes: share.maxLanes,
      maxQueue: share.maxQueue,
      breaksOnLoss: share.onWorkerLoss === 'break',
      killGrace: share.killGrace,
      settings: share.settings,
      brokenError: (cause) => shape.brokenError(name, cause),
      closedError: () => shape.closedError(name),
      readsOn: shape.readsOn,
      endedError: (cause) => shape.endedError(name, cause),
    });
  }

  /**
   * Reads the options of a facade's constructor. Throws TypeError, RangeError, OptionsError, and NestedBootstrapError where workers start at once. Given another facade's seat
   * instead, it takes one beside it: at the same workers, with the same settings; its end leaves the workers alone.
   */
  static take(shape: SeatShape, options: object | number | undefined): Seat {
    if (options instanceof Seat) return options.#beside(shape);
    const isRuntime = (value: unknown): value is WorkerRuntime => value instanceof WorkerRuntime;
    const resolved = resolveFacade({ ...shape, isRuntime, shareOf: (runtime) => coreOf(runtime).share }, options);
    if (resolved.workers !== undefined)
      return new Seat(new RuntimeCore(resolved.workers, resolved.share, shape.startsAtOnce), true, resolved.share, shape);
    return new Seat(coreOf(resolved.runtime as WorkerRuntime), false, resolved.share, shape);
  }

  #beside(shape: SeatShape): Seat {
    return new Seat(this.#core, false, { ...this.#share, name: `${shape.name} of ${this.name}` }, shape);
  }

  /** Says whose seat it is: `seatOf`. */
  takenBy(facade: object): void {
    seats.set(facade, this);
  }

  /** The facade's permanent failure; undefined while there is none. */
  get broken(): Error | undefined {
    return this.#client.broken;
  }
  /** Tasks accepted that have not ended. */
  get open(): number {
    return this.#client.open;
  }
  /** Whether it takes work: neither it nor its workers were closed. */
  get isOpen(): boolean {
    return this.#core.lifecycle.isOpen && !this.#client.isClosed;
  }
  /** Whether the workers still take work: somebody else may have closed them. */
  get isRuntimeOpen(): boolean {
    return this.#core.lifecycle.isOpen;
  }

  /** What `submit` checks first, for facades that read the input before: throws NestedBootstrapError where no workers may be started. */
  checkNesting(): void {
    this.#core.checkNesting();
  }

  submit(job: Job, tasks: number): void {
    this.checkNesting();
    this.#client.submit(job, tasks);
  }

  stats(): RuntimeStats {
    return this.#core.stats();
  }

  unobserved(by: 1 | -1): void {
    this.#core.counts.unobserved(by);
  }

  warn(error: unknown, what: string): void {
    this.#client.warn(error, what);
  }

  now(): number {
    return this.#core.clock.now();
  }

  /** No new work, neither here nor, where the workers are the facade's own, from who sits beside it. */
  close(): void {
    if (this.ownsWorkers) this.#core.lifecycle.stopTaking();
    this.#client.close();
    this.leaveWhenIdle();
  }

  /** For a facade that nobody can reach any more: it leaves by itself once what it has has ended. */
  leaveWhenIdle(): void {
    void this.#client.whenIdle().then(() => this.leave());
  }

  cancelWaiting(error: unknown): void {
    this.#client.cancelWaiting(error);
  }

  /** Resolves when all accepted work has ended and, where the workers are the facade's own, every worker is gone. */
  leave(): Promise<void> {
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  async #leave(): Promise<void> {
    this.#core.keepAlive.change(1);
    try {
      await this.#client.drained();
      if (this.ownsWorkers) await this.#core.lifecycle.close();
      else this.#core.scheduler.removeClient(this.#client);
    } finally {
      this.#core.keepAlive.change(-1);
    }
  }

  /**
   * Ends all of this facade's work now; `waitingError` is for what no worker has. `force`: workers get no time to end by themselves.
   * Resolves as `leave` does.
   */
  terminate(error: unknown, waitingError: unknown = error, { force = false }: { force?: boolean } = {}): Promise<void> {
    this.#client.terminate(error, waitingError, force);
    if (this.ownsWorkers) void this.#core.lifecycle.terminate(() => error, force);
    return this.leave();
  }
}
