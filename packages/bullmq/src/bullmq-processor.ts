/**
 * Makes the processor of a BullMQ `Worker` that runs its jobs in the workers of a pool or executor.
 *
 *   BullMQ job --args--> target.apply | submit --> worker: fn(...args)
 *        ^                     |      '--report(x)--> job.updateProgress(x)
 *        |                     '--abort <-- the signal of BullMQ's worker
 *        '--- return value, or the error: message -> failedReason, class and stack -> stacktrace
 *
 * - The processor declares three parameters: BullMQ gives its abort signal only to such a function.
 * - Progress reaches BullMQ in the order of the reports, and all of it before the outcome.
 *
 * The event loop of the program only waits, so BullMQ renews the job's lock however long the task computes. This file does not import BullMQ: it works with
 * the version that the program has.
 */
import { type Task, WorkerLostError } from '@twinpool/core';
import { checkOptions } from '@twinpool/core/facade';

/** What the processor uses of a BullMQ job. */
export interface ProcessedJob {
  /** What the producer of the job gave. */
  // biome-ignore lint/suspicious/noExplicitAny: BullMQ's own type of it
  readonly data: any;
  /**
   * Stores the progress of the job.
   *
   * @param progress - The value of a report.
   * @returns Resolves when it is stored.
   */
  // biome-ignore lint/suspicious/noExplicitAny: BullMQ's own type of it
  updateProgress(progress: any): Promise<void>;
}

/** A `Pool`, a `ThreadPool`, or a view of one made by `withOptions`. */
export interface PoolTarget {
  /**
   * Runs one task.
   *
   * @param args - The function, its arguments and options.
   * @returns The result.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Pool.apply
  apply(...args: any): Promise<any>;
}

/** A `ProcessPoolExecutor`, a `ThreadPoolExecutor`, or a view of one made by `withOptions`. */
export interface ExecutorTarget {
  /**
   * Runs one task.
   *
   * @param args - The function and its arguments.
   * @returns The future of the result.
   */
  // biome-ignore lint/suspicious/noExplicitAny: the overloads of Executor.submit
  submit(...args: any): Promise<any>;
  /**
   * Gives options to tasks.
   *
   * @param options - The signal and the receiver of reports.
   * @returns What runs tasks with these options.
   */
  withOptions(options: {
    signal?: AbortSignal | undefined;
    onReport?: ((value: unknown) => void) | undefined;
  }): Pick<ExecutorTarget, 'submit'>;
}

/** Options of `bullmqProcessor`. */
export interface BullmqProcessorOptions<J extends ProcessedJob = ProcessedJob> {
  /** Makes the arguments of the task from the job. Default: `job.data` is the only argument. */
  args?: ((job: J) => readonly unknown[]) | undefined;
  /** `false`: a job whose worker was lost fails at once, whatever its `attempts`. Default: `true`, BullMQ tries it again. */
  retryOnWorkerLoss?: boolean | undefined;
}

/** The processor, as BullMQ's `Worker` takes it. */
export type BullmqProcessor<J extends ProcessedJob, R> = (job: J, token?: string, signal?: AbortSignal) => Promise<R>;

/**
 * Runs the jobs of a BullMQ queue in the workers of a pool or executor. The event loop of the program stays free, so locks are renewed while a task
 * computes, and a job does not stall.
 *
 * The task gets `job.data`. Its result is the return value of the job, and `context().report(x)` becomes `job.updateProgress(x)`. When the BullMQ worker
 * cancels the job, the task is aborted. The message of an error becomes `failedReason`, its class and stack `stacktrace`. BullMQ's `UnrecoverableError`
 * stays one. A lost worker is an ordinary error, which BullMQ tries again as often as `attempts` says.
 *
 * Price: that of one task, about 10 µs with threads and 30 µs with processes, and the copies of data and result.
 *
 * @param target - The pool or executor that runs the tasks. It should have as many workers as the BullMQ worker has `concurrency`.
 * @param fn - The function, or a reference to it, found as in every other call: TypeScript and ES modules need no build.
 * @param options - `args`: makes the arguments from the job. `retryOnWorkerLoss`: `false` to fail the job when its worker was lost. Default: `true`.
 * @returns The processor for `new Worker(queue, processor, …)`.
 * @throws OptionsError for bad options. TypeError for a target that is not a pool or executor.
 * @see https://docs.bullmq.io/guide/workers
 *
 * @example
 * ```ts
 * import { bullmqProcessor } from '@twinpool/bullmq';
 * import { ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool(2);
 * const processor = bullmqProcessor(pool, (data: { width: number }) => data.width * 2);
 * // new Worker('thumbnails', processor, { connection, concurrency: 2 }) calls it with each job:
 * console.log(await processor({ data: { width: 21 }, updateProgress: async () => {} })); // 42
 * ```
 */
export function bullmqProcessor<R, J extends ProcessedJob = ProcessedJob>(
  target: PoolTarget | ExecutorTarget,
  // biome-ignore lint/suspicious/noExplicitAny: `data` of a job is of any type
  fn: Task<any, R>,
  options?: BullmqProcessorOptions<J>,
): BullmqProcessor<J, Awaited<R>> {
  const { args, retryOnWorkerLoss } = checkedOptions<J>(options);
  const call = callerOf(target, fn);
  return async (job: J, _token?: string, signal?: AbortSignal): Promise<Awaited<R>> => {
    const progress = new ProgressWriter(job);
    try {
      const given: readonly unknown[] = args === undefined ? [job.data] : args(job);
      return (await call(given, { signal, onReport: (value) => progress.write(value) })) as Awaited<R>;
    } catch (error) {
      throw failureOf(error, retryOnWorkerLoss ?? true);
    } finally {
      await progress.written();
    }
  };
}

interface CallOptions {
  readonly signal: AbortSignal | undefined;
  readonly onReport: (value: unknown) => void;
}

type Caller = (args: readonly unknown[], options: CallOptions) => Promise<unknown>;

function checkedOptions<J extends ProcessedJob>(options: unknown): BullmqProcessorOptions<J> {
  return checkOptions(
    'bullmqProcessor',
    options,
    ({ instance }) => ({
      args: instance((value) => typeof value === 'function', 'a function of the job'),
      retryOnWorkerLoss: instance((value) => typeof value === 'boolean', 'true or false'),
    }),
    () => undefined,
  );
}

function callerOf(target: unknown, fn: unknown): Caller {
  const { apply, submit, withOptions } = (target ?? {}) as Partial<PoolTarget & ExecutorTarget>;
  if (typeof apply === 'function' && typeof target !== 'function')
    return (args, options) => (target as PoolTarget).apply(fn, args, options) as Promise<unknown>;
  if (typeof submit === 'function' && typeof withOptions === 'function')
    return (args, options) => (target as ExecutorTarget).withOptions(options).submit(fn, ...args) as Promise<unknown>;
  throw new TypeError(`bullmqProcessor: expected a pool or an executor, got ${target === null ? 'null' : `a ${typeof target}`}`);
}

/** BullMQ reads `message` and `stack`: anything else that a task throws becomes an error with its text. */
function failureOf(thrown: unknown, retriesLoss: boolean): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
  // BullMQ knows the class by its name too, so that every copy of BullMQ agrees.
  if (!retriesLoss && error instanceof WorkerLostError)
    Object.defineProperty(error, 'name', { value: 'UnrecoverableError', configurable: true, writable: true });
  return error;
}

/** Stores reports one after the other. A report that cannot be stored is a warning: the task goes on. */
class ProgressWriter {
  readonly #job: ProcessedJob;
  #last: Promise<void> = Promise.resolve();

  constructor(job: ProcessedJob) {
    this.#job = job;
  }

  write(value: unknown): void {
    this.#last = this.#last
      .then(() => this.#job.updateProgress(value))
      .catch((error: unknown) => {
        process.emitWarning(`the progress of a job cannot be stored: ${error instanceof Error ? error.message : String(error)}`, {
          type: 'TwinpoolWarning',
          code: 'TWINPOOL_PROGRESS',
        });
      });
  }

  written(): Promise<void> {
    return this.#last;
  }
}
