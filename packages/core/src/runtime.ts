/**
 * WorkerRuntime: the workers and the one scheduler that facades share. The public face of engine.ts.
 *
 * Decides nothing itself; what a facade gets of it is a seat (seat.ts).
 */
import { Engine, type RuntimeStats } from './engine.ts';
import { BrokenProcessPoolError, BrokenThreadPoolError } from './errors.ts';
import { type RuntimeOptions, resolveRuntime } from './options.ts';

/** The engine of a runtime; for the facades of this package's own family. */
export let engineOf: (runtime: WorkerRuntime) => Engine;

/**
 * The workers and the one scheduler that both facades can run on.
 *
 * Facades given the same runtime take fair turns on its workers, by worker time. Closing or terminating a facade ends that facade's work
 * only; the runtime is closed by whoever made it. An idle runtime does not keep the program alive.
 *
 * Throws `OptionsError` listing every bad option. Its first work throws `NestedBootstrapError` at the top level of a module that a worker
 * imports, and in all that this top level starts.
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
export class WorkerRuntime implements AsyncDisposable {
  static {
    engineOf = (runtime) => runtime.#engine;
  }

  readonly #engine: Engine;

  constructor(options?: RuntimeOptions) {
    const { workers, share } = resolveRuntime(options);
    this.#engine = new Engine(workers, share, false);
  }

  /** 'process' or 'thread'. */
  get kind(): string {
    return this.#engine.workers.kind;
  }

  /** Counters and times, as they are now. */
  stats(): RuntimeStats {
    return this.#engine.stats();
  }

  /** No new work; resolves when what was accepted has ended and every worker is gone. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** Ends every worker now; open work fails with the error that its facade has for that. */
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
}
