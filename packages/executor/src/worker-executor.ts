/**
 * WorkerExecutor: the executor that runs tasks on workers. It gives the rules of `concurrent.futures` to a facade's attachment to a runtime.
 *
 *   open --shutdown--> shut down --terminateWorkers, killWorkers--> shut down, all work over
 *     '--no worker can be started, or one was lost with onWorkerLoss 'break'--> broken
 *
 * Invariants: there is no way back to `open`, and `broken` counts before `shut down`, as in CPython. It does not know workers and transports.
 */
import type { Readable } from 'node:stream';
import {
  type BrokenProcessPoolError,
  type BrokenThreadPoolError,
  type CallOptions,
  CancelledError,
  ExecutorShutdownError,
  type RuntimeStats,
  type Task,
  type TaskRest,
  TimeoutError,
} from '@twinpool/core';
import {
  Alarm,
  Attachment,
  type AttachmentShape,
  type CallSettings,
  type CallSite,
  callSiteOf,
  resolveCall,
  StreamJob,
  systemClock,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { Executor, type ExecutorCalls } from './executor.ts';
import type { Future } from './future.ts';
import { type MapArguments, mapArguments, openStream } from './inputs.ts';
import { inspectAs } from './inspect-as.ts';
import { type ExecutorOptions, resolveMap, resolveShutdown, type ShutdownOptions } from './options.ts';
import { isExiting, watchExit } from './program-exit.ts';
import { NO_OUTCOMES, ResultIterator } from './result-iterator.ts';
import { TaskFuture } from './task-future.ts';

/** What differs between the two executors. */
export interface WorkerShape {
  readonly name: string;
  readonly kind: 'process' | 'thread';
  readonly Broken: typeof BrokenProcessPoolError | typeof BrokenThreadPoolError;
}

/** Ends the workers of an executor that was garbage collected, after its accepted work has ended. It gives no warning, as in CPython. */
const unreachable = new FinalizationRegistry<Attachment>((attachment) => attachment.leaveWhenIdle());

export abstract class WorkerExecutor extends Executor {
  static {
    inspectAs<WorkerExecutor>(
      WorkerExecutor.prototype,
      (executor) => executor.#attachment.name,
      (executor) => ({ state: executor.#state(), maxWorkers: executor.#attachment.workers, tasks: executor.#attachment.open }),
    );
  }

  readonly #attachment: Attachment;
  readonly #Broken: WorkerShape['Broken'];
  #isShutDown = false;

  constructor({ name, kind, Broken }: WorkerShape, options: number | ExecutorOptions | undefined) {
    super();
    // None of these functions may refer to `this`: the runtime keeps them, so the executor could never be garbage collected.
    const brokenError = (attachment: string, cause: unknown) => new Broken(whyBroken(attachment, cause), { cause });
    this.#Broken = Broken;
    const endedError = (attachment: string, cause: unknown) => new Broken(`${attachment}: the owner of its workers ended them`, { cause });
    const readsOn = () => false;
    this.#attachment = Attachment.attach(
      { name, kind, count: 'maxWorkers', startsAtOnce: false, brokenError, closedError, readsOn, endedError },
      options,
    );
    this.#attachment.setFacade(this);
    unreachable.register(this, this.#attachment);
    watchExit();
  }

  override submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  override submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...args: TaskRest<T, A, Given>
  ): Future<Awaited<R>>;
  override submit(fn: unknown, ...args: unknown[]): Future<never> {
    return this.#submit(fn, args, this.#attachment.settings);
  }

  protected override startMap(fn: unknown, args: MapArguments): ResultIterator<never> {
    return this.#map(fn, args, this.#attachment.settings, callSiteOf(Executor.prototype.map));
  }

  override broadcast(fn: unknown, ...args: unknown[]): Promise<never> {
    return this.#broadcast(fn, args, this.#attachment.settings);
  }

  override withOptions(options: CallOptions): ExecutorCalls {
    return this.#view(options, this.#attachment.settings);
  }

  override shutdown(options?: ShutdownOptions): Promise<void> {
    try {
      return this.#shutDown(resolveShutdown(options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  override terminateWorkers(): Promise<void> {
    return this.#endWorkers('terminateWorkers');
  }

  override killWorkers(): Promise<void> {
    return this.#endWorkers('killWorkers');
  }

  async waitForCapacity(limit?: number): Promise<void> {
    this.#checkOpen('waitForCapacity');
    return this.#attachment.waitForCapacity('waitForCapacity', limit);
  }

  async ready(timeout?: number): Promise<void> {
    this.#checkOpen('ready');
    return this.#attachment.ready(timeout);
  }

  stats(): RuntimeStats {
    return this.#attachment.stats();
  }

  get stdout(): Readable | undefined {
    return this.#attachment.stdout;
  }

  get stderr(): Readable | undefined {
    return this.#attachment.stderr;
  }

  #submit(fn: unknown, args: readonly unknown[], settings: CallSettings): Future<never> {
    this.#checkOpen('submit');
    return TaskFuture.submit(this.#attachment, fn, args, settings);
  }

  /** An error that is thrown in here rejects the promise. */
  #broadcast(fn: unknown, args: readonly unknown[], settings: CallSettings): Promise<never> {
    return new Promise((resolve, reject) => {
      this.#checkOpen('broadcast');
      const jobSettled = (ok: boolean, value: unknown): void => (ok ? resolve(value as never) : reject(value));
      this.#attachment.broadcast(taskFunctionOf(fn), args, settings, { jobSettled });
    });
  }

  #map(fn: unknown, args: MapArguments, base: CallSettings, site: CallSite): ResultIterator<never> {
    const calledAt = systemClock.now();
    const attachment = this.#attachment;
    this.#checkOpen('map');
    attachment.checkNesting();
    const { settings, own, timeout } = resolveMap(args.options, base);
    const stream = openStream(args, own, 2 * attachment.slots, (error) => attachment.warn(error, "the input's return()"), site);
    const iteration = { timeout, calledAt, onError: own.onError };
    if (stream === undefined) return new ResultIterator<never>(NO_OUTCOMES, iteration);
    // A second check: the input's own code may have shut this executor down.
    this.#checkOpen('map');
    const job = new StreamJob(taskFunctionOf(fn), stream.input, stream.shape, settings);
    attachment.submit(job, stream.known);
    return new ResultIterator<never>(job, iteration);
  }

  #view(options: CallOptions, base: CallSettings): ExecutorCalls {
    const { settings } = resolveCall('withOptions', options, base);
    const map = (fn: unknown, ...rest: unknown[]) => this.#map(fn, mapArguments(rest), settings, callSiteOf(map));
    return {
      submit: (fn: unknown, ...args: unknown[]) => this.#submit(fn, args, settings),
      map,
      broadcast: (fn: unknown, ...args: unknown[]) => this.#broadcast(fn, args, settings),
      withOptions: (more: CallOptions) => this.#view(more, settings),
    };
  }

  #state(): 'open' | 'shut down' | 'broken' {
    if (this.#attachment.broken !== undefined) return 'broken';
    return this.#isShutDown || !this.#attachment.isRuntimeOpen ? 'shut down' : 'open';
  }

  /** Throws unless the executor takes work. The order of the checks is CPython's: broken, shut down, end of the program. */
  #checkOpen(what: string): void {
    const { broken } = this.#attachment;
    if (broken !== undefined) throw broken;
    if (this.#isShutDown) throw new ExecutorShutdownError(`${this.#attachment.name}: ${what}() after shutdown()`);
    if (!this.#attachment.isRuntimeOpen)
      throw new ExecutorShutdownError(`${this.#attachment.name}: ${what}() after its workers were closed by their owner`);
    if (isExiting())
      throw new ExecutorShutdownError(`${this.#attachment.name}: ${what}() while the program ends: the task could never run`);
  }

  #shutDown({ wait, cancelFutures, timeout }: ReturnType<typeof resolveShutdown>): Promise<void> {
    const { name } = this.#attachment;
    this.#isShutDown = true;
    this.#attachment.close();
    if (cancelFutures) this.#attachment.cancelWaiting(new CancelledError(`${name}: cancelled by shutdown({ cancelFutures: true })`));
    // Also without `wait`: the workers of its own end when the work has ended.
    const gone = this.#attachment.leave();
    if (!wait) return Promise.resolve();
    return timeout === Number.POSITIVE_INFINITY ? gone : this.#within(gone, timeout);
  }

  #within(gone: Promise<void>, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () =>
        reject(
          new TimeoutError(`${this.#attachment.name}: ${this.#attachment.open} tasks had not ended within ${timeout} ms of shutdown()`),
        );
      const alarm = new Alarm(systemClock, fail, { keepsAlive: true, standsStill: true });
      // An executor whose work has already ended resolves, also with a timeout of 0: the alarm rings later.
      alarm.set(Math.max(0, timeout));
      void gone.then(() => {
        alarm.stop();
        resolve();
      });
    });
  }

  #endWorkers(by: 'terminateWorkers' | 'killWorkers'): Promise<void> {
    const { name } = this.#attachment;
    this.#isShutDown = true;
    const running = new this.#Broken(`${name}: ${by}() ended the worker that ran the task`);
    const waiting = new CancelledError(`${name}: cancelled by ${by}() before it was handed to a worker`);
    return this.#attachment.terminate(running, waiting, { force: by === 'killWorkers' });
  }
}

const closedError: AttachmentShape['closedError'] = (name, what) =>
  new ExecutorShutdownError(`${name} was shut down ${what === 'input' ? 'before the input of map() had ended' : `while ${what}() waited`}`);

function whyBroken(name: string, cause: unknown): string {
  return `${name} is broken and takes no work any more: ${cause instanceof Error ? cause.message : String(cause)}`;
}
