/**
 * A facade's place at a runtime: its own workers or somebody's, one client, the settings of its calls.
 *
 * Decides what ends with the facade: its own runtime goes with it, a shared one stays. What the ends are called, and which errors
 * they carry, is the facade's word.
 */
import type { Client } from './client.ts';
import { Engine, type RuntimeStats } from './engine.ts';
import type { CallSettings, Job } from './job.ts';
import { type ResolvedShare, resolveFacade } from './options.ts';
import { InvalidStateError } from './errors.ts';
import { engineOf, WorkerRuntime } from './runtime.ts';
import type { StreamJob } from './stream-job.ts';

export interface SeatShape {
  /** The facade's name in messages, unless the user gave one. */
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** The facade's word for the number of workers. */
  readonly count: 'processes' | 'maxWorkers';
  /** Workers are started with the facade; else when work comes. */
  readonly startsAtOnce: boolean;
  readonly brokenError: (cause: unknown) => Error;
  /** For an input that is not read any further because the facade was closed. */
  readonly closedError?: (() => Error) | undefined;
}

export class Seat {
  readonly name: string;
  /** The most workers this facade uses at once. */
  readonly workers: number;
  /** Of a call that asks for nothing else. */
  readonly settings: CallSettings;
  readonly kind: string;
  readonly #engine: Engine;
  readonly #client: Client;
  readonly #ownsEngine: boolean;
  readonly #closedError: () => Error;
  #ended: Promise<void> | undefined;

  private constructor(engine: Engine, ownsEngine: boolean, share: ResolvedShare, shape: SeatShape) {
    this.name = share.name;
    this.workers = share.maxLanes;
    this.settings = share.settings;
    this.kind = engine.workers.kind;
    this.#engine = engine;
    this.#ownsEngine = ownsEngine;
    this.#closedError = shape.closedError ?? (() => new InvalidStateError(`${share.name} was closed before the input had ended`));
    this.#client = engine.openClient({
      name: share.name,
      maxLanes: share.maxLanes,
      maxQueue: share.maxQueue,
      breaksOnLoss: share.onWorkerLoss === 'break',
      killGrace: share.killGrace,
      settings: share.settings,
      brokenError: shape.brokenError,
    });
  }

  /** Reads the options of a facade's constructor. Throws TypeError, RangeError, OptionsError, NestedBootstrapError. */
  static take(shape: SeatShape, options: object | number | undefined): Seat {
    const isRuntime = (value: unknown): value is WorkerRuntime => value instanceof WorkerRuntime;
    const resolved = resolveFacade({ ...shape, isRuntime, shareOf: (runtime) => engineOf(runtime).share }, options);
    if (resolved.workers !== undefined)
      return new Seat(new Engine(resolved.workers, resolved.share, shape.startsAtOnce), true, resolved.share, shape);
    return new Seat(engineOf(resolved.runtime as WorkerRuntime), false, resolved.share, shape);
  }

  /** Another seat at the same workers, for another facade; its end leaves the workers alone. */
  beside(shape: SeatShape): Seat {
    return new Seat(
      this.#engine,
      false,
      { ...this.#engine.share, name: shape.name, maxLanes: this.workers, settings: this.settings },
      shape,
    );
  }

  /** The facade's permanent failure; undefined while there is none. */
  get broken(): Error | undefined {
    return this.#client.broken;
  }
  /** Tasks accepted that have not ended. */
  get open(): number {
    return this.#client.open;
  }
  /** Whether the workers still take work: somebody else may have closed the runtime. */
  get isRuntimeOpen(): boolean {
    return this.#engine.isOpen;
  }

  submit(job: Job, tasks: number): void {
    this.#client.submit(job, tasks);
  }

  stats(): RuntimeStats {
    return this.#engine.stats();
  }

  unobserved(by: 1 | -1): void {
    this.#engine.unobserved(by);
  }

  warn(error: unknown, what: string): void {
    this.#client.warn(error, what);
  }

  now(): number {
    return this.#engine.clock.now();
  }

  /** No new work. `lazy` names the error with which an input that may not be read further ends, or undefined if it may. */
  close(lazy: (stream: StreamJob) => unknown): void {
    this.#client.close(lazy);
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
    this.#engine.openChanged(1);
    try {
      await this.#client.drained(this.#closedError);
      if (this.#ownsEngine) await this.#engine.close();
      else this.#engine.closeClient(this.#client);
    } finally {
      this.#engine.openChanged(-1);
    }
  }

  /**
   * Ends all of this facade's work now; `waitingError` is for what no worker has. `force`: workers get no time to end by themselves.
   * Resolves as `leave` does.
   */
  terminate(error: unknown, waitingError: unknown = error, { force = false }: { force?: boolean } = {}): Promise<void> {
    this.#client.terminate(error, waitingError, force);
    if (this.#ownsEngine) void this.#engine.terminate(() => error, force);
    return this.leave();
  }
}
