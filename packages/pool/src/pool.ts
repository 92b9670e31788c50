/**
 * Pool and ThreadPool: workers, the task methods (calls.ts), and an end (life.ts).
 *
 * Decides what Python's lifecycle methods mean here. There is no thread to block: what waits in Python returns a promise.
 */
import { inspect } from 'node:util';
import {
  BrokenProcessPoolError,
  BrokenThreadPoolError,
  PoolClosedError,
  PoolTerminatedError,
  type RuntimeStats,
  type SharedOptions,
  WorkerLostError,
} from '@twinpool/core';
import { Seat, type SeatShape } from '@twinpool/core/facade';
import { Calls, type PoolCalls } from './calls.ts';
import { inspectedAs } from './inspected.ts';
import { Life } from './life.ts';

/** Options of a pool; the others are those that every facade takes. */
export interface PoolOptions extends SharedOptions {
  /** Default: `os.availableParallelism()`. With `runtime`: the most of its workers that this pool uses at once. */
  processes?: number | undefined;
  /** Calls after which a worker is replaced; exact, and for threads too. Unlike CPython, which counts chunks. */
  maxTasksPerChild?: number | undefined;
}

const COMMON: Omit<SeatShape, 'name' | 'kind' | 'brokenError'> = {
  count: 'processes',
  startsAtOnce: true,
  closedError: (name) => new PoolClosedError(`${name} was closed before its input had ended; what had been read of it was run`),
  // A synchronous input is read to its end, since waiting for it comes to one; an asynchronous one may never have another item.
  readsOn: ({ isAsync }) => !isAsync,
  endedError: (name, cause) =>
    new PoolTerminatedError(`${name}: its workers were ended by whoever owns them, before this result was there`, { cause }),
};

const PROCESSES: SeatShape = {
  ...COMMON,
  name: 'Pool',
  kind: 'process',
  brokenError: (name, cause) => new BrokenProcessPoolError(whyBroken(name, cause), { cause }),
};

const THREADS: SeatShape = {
  ...COMMON,
  name: 'ThreadPool',
  kind: 'thread',
  brokenError: (name, cause) => new BrokenThreadPoolError(whyBroken(name, cause), { cause }),
};

/** Python's words, as its `repr` of a pool shows them. */
const STATES = { running: 'RUN', closed: 'CLOSE', terminated: 'TERMINATE' } as const;

function whyBroken(name: string, cause: unknown): string {
  // One that was lost before it had a task could not be started.
  if (cause instanceof WorkerLostError && cause.taskName !== undefined)
    return `${name} is broken: a worker was lost, and onWorkerLoss is 'break'; make another pool`;
  return `${name} is broken: no worker can be started: ${cause instanceof Error ? cause.message : String(cause)}`;
}

/**
 * Python's `multiprocessing.Pool`: worker processes, each its own OS process.
 *
 * Workers start at once; a number is `processes`. Leaving the scope of `await using` terminates the pool, as Python's `with` does: await
 * what you want to have inside of it. An idle pool does not keep the program alive.
 *
 * Throws `OptionsError` listing every bad option, RangeError and TypeError for a bad number of processes, `NestedBootstrapError` at the top
 * level of a module that a worker imports, and in all that this top level starts; on a `runtime` with its first work.
 *
 * @example
 * ```ts
 * import { Pool } from 'twinpool';
 *
 * await using pool = new Pool(2);
 * console.log(await pool.map((x: number) => x ** 2, [1, 2, 3])); // [ 1, 4, 9 ]
 * ```
 */
export class Pool extends Calls implements PoolCalls, AsyncDisposable {
  static {
    inspectedAs(Pool.prototype, (pool, options) => {
      const { seat, state } = pool.#life;
      const shown = {
        state: state === 'running' && seat.broken !== undefined ? 'BROKEN' : STATES[state],
        processes: seat.workers,
        open: seat.open,
      };
      return `${seat.name} ${inspect(shown, { ...options, breakLength: Number.POSITIVE_INFINITY })}`;
    });
  }

  readonly #life: Life;

  constructor(processes?: number | PoolOptions) {
    const isThreads = new.target === ThreadPool || new.target.prototype instanceof ThreadPool;
    const seat = Seat.take(isThreads ? THREADS : PROCESSES, processes);
    const life = new Life(seat);
    super(life, seat.settings);
    this.#life = life;
    seat.takenBy(this);
  }

  /**
   * The scope of `await using` for where that is not to be had: makes a pool, gives it to `body`, and terminates it when what `body` returns
   * is there.
   *
   * @example
   * ```ts
   * const squares = await Pool.use(2, (pool) => pool.map((x: number) => x ** 2, [1, 2, 3]));
   * ```
   */
  static async use<P extends Pool, T>(
    this: new (
      options?: number | PoolOptions,
    ) => P,
    options: number | PoolOptions | undefined,
    body: (pool: P) => T | PromiseLike<T>,
  ): Promise<T> {
    const pool = new this(options);
    try {
      return await body(pool);
    } finally {
      await pool[Symbol.asyncDispose]();
    }
  }

  /** No new work; what was accepted finishes, then the workers end. A second call does nothing. */
  close(): void {
    this.#life.close();
  }

  /**
   * Ends the workers now; everything open fails with PoolTerminatedError. Allowed after `close`; a second call does nothing. Unlike CPython,
   * where open results never become ready.
   */
  terminate(): void {
    this.#life.terminate('it was terminated before this result was there');
  }

  /**
   * Resolves when all work has ended and every worker is gone. Rejects with PoolRunningError before `close()` or `terminate()`. The input of
   * an `imap` is read to its end for it, if it is synchronous. After `timeout` milliseconds it rejects with TimeoutError; the work goes on,
   * and it may be called again. Unlike CPython, where it cannot be bounded.
   */
  join(timeout?: number): Promise<void> {
    return this.#life.join(timeout);
  }

  /** Counters and times of the workers, as they are now; of a shared runtime they count for all who use it. */
  stats(): RuntimeStats {
    return this.#life.seat.stats();
  }

  /** As Python's `with`: `terminate()`, then `join()`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#life.terminate('its scope ended before this result was there; inside `await using` or `use`, write `return await …`');
    return this.#life.join();
  }
}

/**
 * Python's `multiprocessing.pool.ThreadPool`: as `Pool`, with worker threads. They start faster, share a SharedArrayBuffer, and can be given
 * buffers by `transfer`; a crash of the process takes them all.
 *
 * @example
 * ```ts
 * import { ThreadPool } from 'twinpool';
 *
 * await using pool = new ThreadPool({ processes: 2 });
 * console.log(await pool.apply((text: string) => text.length, ['hello'])); // 5
 * ```
 */
export class ThreadPool extends Pool {}
