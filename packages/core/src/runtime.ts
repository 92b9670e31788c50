/**
 * Composes a runtime: the only file that knows both the transports and the scheduler.
 *
 *   facade -> Attachment -> Client -> Scheduler -> Lane -> Transport -> worker
 *                                        ^           |
 *                                      lanes        life
 *                                        |           v
 *                                        '--- Supervisor          Lifecycle: open -> closing -> closed
 *
 * `RuntimeCore` holds the parts; facades reach them through their attachment. `WorkerRuntime` is what users see of it. Its public type is an
 * interface, because only the signature of a constructor in an interface can have type parameters. A package with workers elsewhere extends
 * WorkerRuntime: it makes a RuntimeCore with its own transports and gives it to `super`.
 */
import { BrokenProcessPoolError, BrokenThreadPoolError, InvalidStateError } from './errors.ts';
import { Lane } from './lanes/lane.ts';
import type { TransportFactory } from './lanes/transport.ts';
import { workerSetups } from './lanes/worker-setup.ts';
import { transportsFor } from './lanes/worker-transport.ts';
import { type RuntimeStats, TaskCounts } from './observability/runtime-stats.ts';
import type { RuntimeOptions } from './options/options.ts';
import { type ResolvedShare, type ResolvedWorkers, resolveRuntime } from './options/resolve-options.ts';
import { type Clock, systemClock } from './primitives/clock.ts';
import { KeepAlive } from './primitives/keep-alive.ts';
import { warnOfError } from './primitives/user-code.ts';
import { Client, type ClientOptions } from './scheduling/client.ts';
import { Lifecycle } from './scheduling/lifecycle.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { Supervisor } from './scheduling/supervisor.ts';
import { taskFunctionOf } from './tasks/task-function.ts';
import { refuseNesting } from './worker/refusal.ts';

export type { Transport, TransportFactory, TransportOwner } from './lanes/transport.ts';

/** The parts of a runtime that tests, and runtimes whose workers are elsewhere, replace. */
export interface RuntimeSeams {
  readonly clock: Clock;
  readonly transports: (workers: ResolvedWorkers) => TransportFactory;
  readonly warn: (error: unknown, what: string) => void;
}

export class RuntimeCore {
  /** What a runtime uses unless its seams say otherwise. Tests of whole facades replace it. */
  static readonly defaults: RuntimeSeams = {
    clock: systemClock,
    transports: transportsFor,
    warn: warnOfError,
  };
  readonly workers: ResolvedWorkers;
  readonly share: ResolvedShare;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly lifecycle: Lifecycle;
  readonly keepAlive: KeepAlive = new KeepAlive();
  readonly counts: TaskCounts = new TaskCounts();
  readonly #supervisor: Supervisor;
  readonly #warn: (error: unknown, what: string) => void;
  #mayStart = false;

  /** Throws NestedBootstrapError if `startsAtOnce` and no workers may be started here, and OptionsError for a value that cannot be sent. */
  constructor(workers: ResolvedWorkers, share: ResolvedShare, startsAtOnce: boolean, seams: Partial<RuntimeSeams> = {}) {
    if (startsAtOnce) this.checkNesting();
    const { clock, transports: transportsOf, warn } = { ...RuntimeCore.defaults, ...seams };
    const transports = transportsOf(workers);
    const { size, idleTimeout, killGrace, maxTasks, maxPayloadBytes } = workers;
    const initializer = workers.initializer === undefined ? undefined : taskFunctionOf(workers.initializer);
    const startOf = workerSetups(workers, initializer, transports.capabilities);
    const afterWorkers = () => transports.afterWorkers();
    this.workers = workers;
    this.share = share;
    this.clock = clock;
    this.#warn = warn;
    this.scheduler = new Scheduler({ size, supply: { wanted: (tasks) => this.#supervisor.wanted(tasks) }, now: () => clock.now() });
    const makeLane = (id: number, index: number) =>
      new Lane(this.scheduler, this.#supervisor, { clock, ...startOf(id, index), killGrace, maxTasks }, transports);
    this.#supervisor = new Supervisor(this.scheduler, {
      name: share.name,
      size,
      idleTimeout,
      startsAtOnce,
      initializer,
      maxPayloadBytes,
      clock,
      makeLane,
      afterWorkers,
      warn,
    });
    this.lifecycle = new Lifecycle(this.scheduler, this.#supervisor, this.keepAlive, afterWorkers);
    if (startsAtOnce) this.#supervisor.startAll();
  }

  /** Before the first work. Throws NestedBootstrapError if no workers may be started here. */
  checkNesting(): void {
    if (this.#mayStart) return;
    refuseNesting();
    this.#mayStart = true;
  }

  openClient(options: ClientOptions): Client {
    if (!this.lifecycle.isOpen) throw new InvalidStateError('the WorkerRuntime was closed; make another one');
    const { scheduler, keepAlive, counts } = this;
    const { maxPayloadBytes } = this.workers;
    const client = new Client({ scheduler, keepAlive, counts, maxPayloadBytes, warn: this.#warn }, options);
    scheduler.addClient(client);
    return client;
  }

  stats(): RuntimeStats {
    const { kind } = this.workers;
    return { kind, ...this.scheduler.stats(), ...this.#supervisor.stats(), ...this.counts.stats() };
  }
}

/** The core of a runtime, for attachments. */
export let coreOf: (runtime: WorkerRuntime) => RuntimeCore;

/**
 * The workers and the one scheduler that both facades can run on.
 *
 * Facades given the same runtime take fair turns on its workers, by worker time. Closing or terminating a facade ends that facade's work
 * only; close the runtime yourself. An idle runtime does not keep the program alive.
 *
 * @example
 * ```ts
 * import { Pool, ProcessPoolExecutor, WorkerRuntime } from 'twinpool';
 *
 * await using runtime = new WorkerRuntime({ workers: 2 });
 * const pool = new Pool({ runtime });
 * const executor = new ProcessPoolExecutor({ runtime });
 * console.log(await pool.map((x: number) => x * x, [1, 2, 3]), await executor.submit((x: number) => x + 1, 41));
 * ```
 */
export interface WorkerRuntime extends AsyncDisposable {
  /** What the workers are. */
  readonly kind: 'process' | 'thread';

  /**
   * Counters and times, as they are now.
   *
   * @returns The counters, and times in milliseconds.
   *
   * @example
   * ```ts
   * import { WorkerRuntime } from 'twinpool';
   *
   * await using runtime = new WorkerRuntime({ kind: 'thread', workers: 2 });
   * console.log(runtime.stats().queued); // 0
   * ```
   */
  stats(): RuntimeStats;

  /**
   * Takes no new work, lets what was accepted finish, and ends the workers.
   *
   * @returns Resolves when every worker is gone.
   *
   * @example
   * ```ts
   * import { WorkerRuntime } from 'twinpool';
   *
   * const runtime = new WorkerRuntime({ kind: 'thread', workers: 2 });
   * await runtime.close();
   * ```
   */
  close(): Promise<void>;

  /**
   * Ends every worker now; open work fails with the error that its facade has for that.
   *
   * @returns Resolves when every worker is gone.
   *
   * @example
   * ```ts
   * import { WorkerRuntime } from 'twinpool';
   *
   * const runtime = new WorkerRuntime({ kind: 'thread', workers: 2 });
   * await runtime.terminate();
   * ```
   */
  terminate(): Promise<void>;

  /**
   * The end of an `await using`: `close()`.
   *
   * @returns Resolves when every worker is gone.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The constructor of a runtime; its signature ties the types of `initargs` to `initializer`. */
export interface WorkerRuntimeConstructor {
  /**
   * Makes a runtime; workers are started when work comes.
   *
   * @param options - The kind and number of workers, and what they are like. Default: processes, `cpuCount()` of them.
   * @returns The runtime.
   * @throws OptionsError listing every bad option. NestedBootstrapError comes with the first work, at the top level of a module that a worker imports.
   */
  new <I extends readonly unknown[] = []>(options?: RuntimeOptions<I>): WorkerRuntime;
  readonly prototype: WorkerRuntime;
}

export const WorkerRuntime: WorkerRuntimeConstructor = class WorkerRuntime implements AsyncDisposable {
  static {
    coreOf = (runtime) => (runtime as WorkerRuntime).#core;
  }

  readonly #core: RuntimeCore;

  /** A subclass may give a RuntimeCore of its own instead of options. */
  constructor(options?: RuntimeOptions | RuntimeCore) {
    if (options instanceof RuntimeCore) this.#core = options;
    else {
      const { workers, share } = resolveRuntime(options);
      this.#core = new RuntimeCore(workers, share, false);
    }
  }

  get kind(): 'process' | 'thread' {
    return this.#core.workers.kind;
  }

  stats(): RuntimeStats {
    return this.#core.stats();
  }

  close(): Promise<void> {
    return this.#core.lifecycle.close();
  }

  terminate(): Promise<void> {
    return this.#core.lifecycle.terminate(() => this.#terminatedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #terminatedError(): Error {
    const message = 'the WorkerRuntime was terminated';
    return this.kind === 'thread' ? new BrokenThreadPoolError(message) : new BrokenProcessPoolError(message);
  }
} as WorkerRuntimeConstructor;
