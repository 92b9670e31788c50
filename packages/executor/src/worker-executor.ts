/**
 * An executor on workers: a Seat at a runtime with the manners of `concurrent.futures`.
 *
 * Decides what may be called when, and what its ends mean for futures. Refuses to know what workers are.
 *
 *   open --shutdown--> shut down --terminateWorkers--> shut down, all work over        `#isShutDown` only rises
 *     '--workers cannot be had, or lost with onWorkerLoss 'break'--> broken            `seat.broken` only rises; it counts first
 */
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
  type CallSettings,
  type CallSite,
  callSiteOf,
  resolveCall,
  Seat,
  StreamJob,
  systemClock,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { Executor, type ExecutorCalls } from './executor.ts';
import { isExiting, watchExit } from './exit.ts';
import type { Future } from './future.ts';
import { type MapArguments, mapArguments, openStream } from './inputs.ts';
import { type ExecutorOptions, resolveMap, resolveShutdown, type ShutdownOptions } from './options.ts';
import { NO_OUTCOMES, ResultIterator } from './result-iterator.ts';
import { shownAs } from './shown.ts';
import { TaskFuture } from './task-future.ts';

export interface WorkerShape {
  readonly name: string;
  readonly kind: 'process' | 'thread';
  readonly Broken: typeof BrokenProcessPoolError | typeof BrokenThreadPoolError;
}

/** As in CPython nobody is told: what it was given is done, and then its workers go. */
const forgotten = new FinalizationRegistry<Seat>((seat) => seat.leaveWhenIdle());

export abstract class WorkerExecutor extends Executor {
  static {
    shownAs<WorkerExecutor>(
      WorkerExecutor.prototype,
      (executor) => executor.#seat.name,
      (executor) => ({ state: executor.#state, maxWorkers: executor.#seat.workers, tasks: executor.#seat.open }),
    );
  }

  readonly #seat: Seat;
  readonly #Broken: WorkerShape['Broken'];
  #isShutDown = false;

  constructor({ name, kind, Broken }: WorkerShape, options: number | ExecutorOptions | undefined) {
    super();
    // None of these may hold `this`: the seat of a forgotten executor is kept as long as the runtime.
    const brokenError = (seat: string, cause: unknown) => new Broken(whyBroken(seat, cause), { cause });
    this.#Broken = Broken;
    const endedError = (seat: string, cause: unknown) => new Broken(`${seat}: its workers were ended by whoever owns them`, { cause });
    const readsOn = () => false;
    this.#seat = Seat.take(
      { name, kind, count: 'maxWorkers', startsAtOnce: false, brokenError, closedError, readsOn, endedError },
      options,
    );
    this.#seat.takenBy(this);
    forgotten.register(this, this.#seat);
    watchExit();
  }

  override submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>;
  override submit<A extends readonly unknown[], R, T, Given extends readonly unknown[]>(
    fn: T & Task<A, R>,
    ...args: TaskRest<T, A, Given>
  ): Future<Awaited<R>>;
  override submit(fn: unknown, ...args: unknown[]): Future<never> {
    return this.#submit(fn, args, this.#seat.settings);
  }

  protected override startMap(fn: unknown, args: MapArguments): ResultIterator<never> {
    return this.#map(fn, args, this.#seat.settings, callSiteOf(Executor.prototype.map));
  }

  override withOptions(options: CallOptions): ExecutorCalls {
    return this.#view(options, this.#seat.settings);
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

  stats(): RuntimeStats {
    return this.#seat.stats();
  }

  #submit(fn: unknown, args: readonly unknown[], settings: CallSettings): Future<never> {
    this.#checkOpen('submit');
    return TaskFuture.submit(this.#seat, fn, args, settings);
  }

  #map(fn: unknown, args: MapArguments, base: CallSettings, site: CallSite): ResultIterator<never> {
    const calledAt = systemClock.now();
    const seat = this.#seat;
    this.#checkOpen('map');
    const { settings, own, timeout } = resolveMap(args.options, base);
    const stream = openStream(args, own, 2 * seat.workers, (error) => seat.warn(error, "the input's return()"), site);
    const manners = { timeout, calledAt, onError: own.onError };
    if (stream === undefined) return new ResultIterator<never>(NO_OUTCOMES, manners);
    // Again: the input's own code may have shut this executor down.
    this.#checkOpen('map');
    const job = new StreamJob(taskFunctionOf(fn), stream.input, stream.shape, settings);
    seat.submit(job, stream.known);
    return new ResultIterator<never>(job, manners);
  }

  #view(options: CallOptions, base: CallSettings): ExecutorCalls {
    const { settings } = resolveCall('withOptions', options, base);
    const map = (fn: unknown, ...rest: unknown[]) => this.#map(fn, mapArguments(rest), settings, callSiteOf(map));
    return {
      submit: (fn: unknown, ...args: unknown[]) => this.#submit(fn, args, settings),
      map,
      withOptions: (more: CallOptions) => this.#view(more, settings),
    };
  }

  get #state(): 'open' | 'shut down' | 'broken' {
    if (this.#seat.broken !== undefined) return 'broken';
    return this.#isShutDown || !this.#seat.isRuntimeOpen ? 'shut down' : 'open';
  }

  /** Broken before shut down before the end of the program, as in CPython. Also NestedBootstrapError. */
  #checkOpen(what: string): void {
    const { broken } = this.#seat;
    if (broken !== undefined) throw broken;
    if (this.#isShutDown) throw new ExecutorShutdownError(`${this.#seat.name}: ${what}() after shutdown()`);
    if (!this.#seat.isRuntimeOpen)
      throw new ExecutorShutdownError(`${this.#seat.name}: ${what}() after its workers were closed by their owner`);
    this.#seat.checkNesting();
    if (isExiting()) throw new ExecutorShutdownError(`${this.#seat.name}: ${what}() while the program ends; nothing would come of it`);
  }

  #shutDown({ wait, cancelFutures, timeout }: ReturnType<typeof resolveShutdown>): Promise<void> {
    const { name } = this.#seat;
    this.#isShutDown = true;
    this.#seat.close();
    if (cancelFutures) this.#seat.cancelWaiting(new CancelledError(`${name}: cancelled by shutdown({ cancelFutures: true })`));
    // Without `wait` too: own workers end when the work has.
    const gone = this.#seat.leave();
    if (!wait) return Promise.resolve();
    return timeout === Number.POSITIVE_INFINITY ? gone : this.#within(gone, timeout);
  }

  #within(gone: Promise<void>, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () =>
        reject(new TimeoutError(`${this.#seat.name}: ${this.#seat.open} tasks had not ended within ${timeout} ms of shutdown()`));
      const alarm = new Alarm(systemClock, fail, { keepsAlive: true, standsStill: true });
      // What has ended already is told first, also where there is no time to wait.
      alarm.set(Math.max(0, timeout));
      void gone.then(() => {
        alarm.stop();
        resolve();
      });
    });
  }

  #endWorkers(by: 'terminateWorkers' | 'killWorkers'): Promise<void> {
    const { name } = this.#seat;
    this.#isShutDown = true;
    const running = new this.#Broken(`${name}: ${by}() ended the worker that ran the task`);
    const waiting = new CancelledError(`${name}: cancelled by ${by}() before it was handed to a worker`);
    return this.#seat.terminate(running, waiting, { force: by === 'killWorkers' });
  }
}

function closedError(name: string): ExecutorShutdownError {
  return new ExecutorShutdownError(`${name} was shut down before the input of map() had ended`);
}

function whyBroken(name: string, cause: unknown): string {
  return `${name} is broken and takes no work any more: ${cause instanceof Error ? cause.message : String(cause)}`;
}
