/**
 * WorkerRuntime: the workers and the one scheduler that facades share. The public face of engine.ts.
 *
 * It passes everything on to the engine; what a facade gets of it is a seat (seat.ts). The public type is an interface because only the
 * signature of a constructor in an interface can have type parameters.
 */
import { Engine, type RuntimeStats } from './engine.ts';
import { BrokenProcessPoolError, BrokenThreadPoolError } from './errors.ts';
import type { RuntimeOptions } from './options/options.ts';
import { resolveRuntime } from './options/resolve-options.ts';

/** The engine of a runtime; for the facades of this package's own family. */
export let engineOf: (runtime: WorkerRuntime) => Engine;

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
    engineOf = (runtime) => (runtime as WorkerRuntime).#engine;
  }

  readonly #engine: Engine;

  constructor(options?: RuntimeOptions) {
    const { workers, share } = resolveRuntime(options);
    this.#engine = new Engine(workers, share, false);
  }

  get kind(): 'process' | 'thread' {
    return this.#engine.workers.kind;
  }

  stats(): RuntimeStats {
    return this.#engine.stats();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }

  terminate(): Promise<void> {
    return this.#engine.terminate(() => this.#terminatedError());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #terminatedError(): Error {
    const message = 'the WorkerRuntime was terminated';
    return this.kind === 'thread' ? new BrokenThreadPoolError(message) : new BrokenProcessPoolError(message);
  }
} as WorkerRuntimeConstructor;
