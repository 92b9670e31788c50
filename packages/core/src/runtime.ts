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

import type { Readable } from 'node:stream';
import {
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  InvalidStateError,
  NotSupportedError,
  TimeoutError,
  type TwinpoolError,
} from './errors.ts';
import { Lane } from './lanes/lane.ts';
import { OutputStreams } from './lanes/output-streams.ts';
import type { TransportFactory } from './lanes/transport.ts';
import { workerSetups } from './lanes/worker-setup.ts';
import { transportsFor } from './lanes/worker-transport.ts';
import { type RuntimeStats, TaskCounts } from './observability/runtime-stats.ts';
import { checkTimeout } from './options/check-options.ts';
import type { RuntimeKind, RuntimeOptions } from './options/options.ts';
import { type ResolvedShare, type ResolvedWorkers, resolveRuntime } from './options/resolve-options.ts';
import { type Clock, systemClock } from './primitives/clock.ts';
import { KeepAlive } from './primitives/keep-alive.ts';
import { KeptMemory } from './primitives/kept-memory.ts';
import { messageOf } from './primitives/message-of.ts';
import { warnOfError } from './primitives/user-code.ts';
import { Client, type ClientOptions } from './scheduling/client.ts';
import { Lifecycle } from './scheduling/lifecycle.ts';
import { ReadyWaiters } from './scheduling/ready-waiters.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { Supervisor } from './scheduling/supervisor.ts';
import { type TaskFunction, taskFunctionOf } from './tasks/task-function.ts';
import { refuseNesting } from './worker/refusal.ts';

export type { Transport, TransportContext, TransportFactory, TransportOwner } from './lanes/transport.ts';

/** The parts of a runtime that tests, and runtimes whose workers are elsewhere, replace. */
export interface RuntimeSeams {
  readonly clock: Clock;
  /** `output`: where the workers print to, with `stdio: 'pipe'`. */
  readonly transports: (workers: ResolvedWorkers, output: OutputStreams | undefined) => TransportFactory;
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
  /** Memory for copies of large inputs. Threads read it where it is. */
  readonly inputMemory: KeptMemory;
  /** Memory in which threads leave the results of such inputs; `undefined` where workers share no memory with the program. */
  readonly resultMemory: KeptMemory | undefined;
  /** What the workers print, with `stdio: 'pipe'`. */
  readonly output: OutputStreams | undefined;
  readonly #supervisor: Supervisor;
  readonly #ready: ReadyWaiters;
  readonly #faultOf: (fn: TaskFunction) => TwinpoolError | undefined;
  readonly #transports: TransportFactory;
  readonly #warn: (error: unknown, what: string) => void;
  #mayStart = false;

  /**
   * Throws NestedBootstrapError if workers start now, because of `startsAtOnce` or `minWorkers`, and none may be started here. Throws OptionsError for a
   * value that cannot be sent.
   */
  constructor(workers: ResolvedWorkers, share: ResolvedShare, startsAtOnce: boolean, seams: Partial<RuntimeSeams> = {}) {
    const startsEarly = startsAtOnce || workers.minWorkers > 0;
    if (startsEarly) this.checkNesting();
    const { clock, transports: transportsOf, warn } = { ...RuntimeCore.defaults, ...seams };
    this.output = workers.stdio === 'pipe' ? new OutputStreams() : undefined;
    const transports = transportsOf(workers, this.output);
    const isHere = transports.isHere === true;
    this.#transports = transports;
    const { size, slots, minWorkers, mostStarting, idleTimeout, killGrace, finalizerTimeout, maxTasks, maxPayloadBytes } = workers;
    const initializer = workers.initializer === undefined ? undefined : taskFunctionOf(workers.initializer);
    const finalizer = workers.finalizer === undefined ? undefined : taskFunctionOf(workers.finalizer);
    const startOf = workerSetups(workers, initializer, finalizer, transports.capabilities);
    const afterWorkers = () => transports.afterWorkers();
    this.workers = workers;
    this.share = share;
    this.clock = clock;
    const { sharesMemory } = transports.capabilities;
    this.inputMemory = new KeptMemory(clock, sharesMemory);
    this.resultMemory = sharesMemory ? new KeptMemory(clock, true) : undefined;
    this.#faultOf = transports.faultOf?.bind(transports) ?? ((fn) => fn.faultFor(maxPayloadBytes, isHere));
    this.#warn = warn;
    const supply = { wanted: (tasks: number) => this.#supervisor.wanted(tasks) };
    this.scheduler = new Scheduler({ size, slots, supply, clock, gathers: transports.isRemote === true });
    const makeLane = (id: number, index: number) =>
      new Lane(this.scheduler, this.#supervisor, { clock, ...startOf(id, index), killGrace, finalizerTimeout, maxTasks }, transports);
    this.#supervisor = new Supervisor(this.scheduler, {
      name: share.name,
      size,
      minWorkers,
      mostStarting,
      idleTimeout,
      startsAtOnce,
      ownCode: [initializer, finalizer].filter((code) => code !== undefined),
      maxPayloadBytes,
      isHere,
      maxMemory: workers.maxMemoryPerChild,
      clock,
      makeLane,
      afterWorkers,
      warn,
    });
    this.#ready = new ReadyWaiters(this.#supervisor, {
      clock,
      keepAlive: (by) => this.keepAlive.change(by),
      brokenError: (cause) => this.brokenError(`no worker can be started: ${messageOf(cause)}`, cause),
    });
    this.lifecycle = new Lifecycle(this.scheduler, this.#supervisor, this.keepAlive, {
      afterWorkers,
      closing: () => this.#ready.end(closedError),
      closed: () => this.output?.end(),
    });
    if (startsEarly) this.#supervisor.startEarly();
  }

  /** Before the first work. Throws NestedBootstrapError if no workers may be started here. */
  checkNesting(): void {
    if (this.#mayStart) return;
    refuseNesting();
    this.#mayStart = true;
  }

  /** Throws NotSupportedError if the workers are elsewhere. `what`: the method. */
  checkLocal(what: string): void {
    if (this.#transports.isRemote !== true) return;
    throw new NotSupportedError(
      `${what}() is not supported by a runtime of kind '${this.workers.kind}': its workers are on other machines`,
    );
  }

  /** Workers elsewhere: from now on there may be `size` lanes. Those above it get no more tasks if their transport says so. */
  resize(size: number): void {
    this.#supervisor.resize(size);
    this.scheduler.resize(size);
  }

  openClient(options: ClientOptions): Client {
    if (!this.lifecycle.isOpen) throw closedError();
    const { scheduler, keepAlive, counts, clock } = this;
    const supply = this.#supervisor;
    const faultOf = this.#faultOf;
    const client = new Client({ scheduler, supply, clock, keepAlive, counts, faultOf, warn: this.#warn }, options);
    scheduler.addClient(client);
    return client;
  }

  /** Resolves when `minWorkers` workers are there. Rejects when the runtime is closed, or no worker can be started. */
  async ready(timeout: number | undefined): Promise<void> {
    const ms = checkTimeout(timeout);
    if (!this.lifecycle.isOpen) throw closedError();
    this.checkNesting();
    return this.#ready.wait(ms, () => this.lateError('the WorkerRuntime', ms));
  }

  /** The error of a `ready` that has taken `ms` milliseconds. */
  lateError(name: string, ms: number): TimeoutError {
    const { minWorkers } = this.workers;
    const text = `${name}: its ${minWorkers} minWorkers were not there after ${Math.max(0, ms)} ms; they start all the same, call ready() again`;
    return new TimeoutError(text);
  }

  brokenError(message: string, cause?: unknown): Error {
    const Broken = this.workers.kind === 'thread' ? BrokenThreadPoolError : BrokenProcessPoolError;
    return new Broken(message, { cause });
  }

  stats(): RuntimeStats {
    const { kind } = this.workers;
    const droppedOutput = this.output?.dropped ?? 0;
    const own = { kind, ...this.scheduler.stats(), ...this.#supervisor.stats(), ...this.counts.stats(), droppedOutput };
    return { ...own, ...this.#transports.remoteStats?.(own.busy) };
  }
}

function closedError(): InvalidStateError {
  return new InvalidStateError('the WorkerRuntime was closed; make another one');
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
  readonly kind: 'process' | 'thread' | 'inline' | 'cluster';
  /** What the workers print to standard output, with the option `stdio: 'pipe'`; it ends when the runtime has ended. Else `undefined`. */
  readonly stdout: Readable | undefined;
  /** What they print to standard error. */
  readonly stderr: Readable | undefined;

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
   * Waits until `minWorkers` workers are there, so that the first tasks need not wait for them. While a caller waits, the program stays alive.
   *
   * @param timeout - Milliseconds to wait. Default: no limit.
   * @returns Nothing; at once where `minWorkers` is 0.
   * @throws BrokenProcessPoolError or BrokenThreadPoolError (rejection) when no worker can be started; `cause` says why.
   * @throws InvalidStateError (rejection) when the runtime was closed, also if it is closed meanwhile.
   * @throws TimeoutError (rejection) after `timeout`; the workers start all the same. RangeError (rejection) when `timeout` is `NaN`.
   *
   * @example
   * ```ts
   * import { WorkerRuntime } from 'twinpool';
   *
   * await using runtime = new WorkerRuntime({ kind: 'thread', workers: 4, minWorkers: 2 });
   * await runtime.ready(10_000);
   * console.log(runtime.stats().workers >= 2); // true
   * ```
   */
  ready(timeout?: number): Promise<void>;

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
   * Makes a runtime; workers are started when work comes, `minWorkers` of them at once.
   *
   * @param options - The kind and number of workers, and what they are like. Default: processes, `cpuCount()` of them.
   * @returns The runtime.
   * @throws OptionsError listing every bad option. NestedBootstrapError comes with the first work, at the top level of a module that a worker imports;
   * with `minWorkers` the constructor throws it.
   */
  new <I extends readonly unknown[] = [], F extends readonly unknown[] = []>(options?: RuntimeOptions<I, F>): WorkerRuntime;
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

  get kind(): RuntimeKind {
    return this.#core.workers.kind;
  }

  get stdout(): Readable | undefined {
    return this.#core.output?.stdout;
  }

  get stderr(): Readable | undefined {
    return this.#core.output?.stderr;
  }

  stats(): RuntimeStats {
    return this.#core.stats();
  }

  ready(timeout?: number): Promise<void> {
    return this.#core.ready(timeout);
  }

  close(): Promise<void> {
    return this.#core.lifecycle.close();
  }

  terminate(): Promise<void> {
    return this.#core.lifecycle.terminate(() => this.#core.brokenError('the WorkerRuntime was terminated'));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
} as WorkerRuntimeConstructor;
