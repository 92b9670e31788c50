/**
 * Declares the public options of workers, of a facade's share of them, of a runtime and of one call.
 *
 * It has types only. check-options.ts finds the faults of an object of options, resolve-options.ts fills in the defaults, and
 * facade/facade-options.ts adds what a facade takes. Every property is `?: T | undefined`, and `undefined` means absent.
 */
import type { Task } from '../tasks/definition/task.ts';

/** What workers are: 'inline' runs the tasks in the thread of their caller. */
export type WorkerKind = 'process' | 'thread' | 'inline';

/** What the workers of a runtime are: 'cluster', on other machines. */
export type RuntimeKind = WorkerKind | 'cluster';

/** Node's own type, in which every limit may be `undefined` in all versions of its declarations. */
export interface ResourceLimits {
  /** Megabytes of the heap's old generation. */
  readonly maxOldGenerationSizeMb?: number | undefined;
  /** Megabytes of the heap's young generation. */
  readonly maxYoungGenerationSizeMb?: number | undefined;
  /** Megabytes for generated code; threads only. */
  readonly codeRangeSizeMb?: number | undefined;
  /** Megabytes of the stack; threads only. Default: 4. */
  readonly stackSizeMb?: number | undefined;
}

/** Names one worker. */
export interface WorkerIdentity {
  /** Counts from 1 in a runtime, and never repeats. */
  readonly id: number;
  /** The smallest index from 0 that no live worker of the runtime has. */
  readonly index: number;
  /** As in `context().workerName`. */
  readonly name: string;
}

/** What one worker gets beside the options of all workers. */
export interface PerWorkerOptions {
  /** Merged over the environment of all workers; an `undefined` variable is removed. */
  env?: Record<string, string | undefined> | undefined;
  /** Appended to `argv`. */
  argv?: readonly string[] | undefined;
  /** Appended to the Node flags of all workers. */
  execArgv?: readonly string[] | undefined;
  /** Replaces `workerData`. */
  workerData?: unknown;
}

/**
 * Options that shape workers. They belong to the owner of the runtime.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface WorkerOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> {
  /** Called in each worker before its first task; it may be asynchronous. Default: none. */
  initializer?: Task<I, unknown> | undefined;
  /** Arguments of the `initializer`. Without an `initializer` they are an OptionsError. Default: none. */
  initargs?: NoInfer<readonly [...I]> | undefined;
  /**
   * Called in each worker at its orderly end: when the pool, executor or runtime was closed, after `maxTasksPerChild` or `idleTimeout`, and in idle workers
   * at `terminate()`. It may be asynchronous. Its error is a late error (`stats().lateErrors`). It is not called after a crash, a kill or a time limit,
   * nor when the program ends. Default: none.
   */
  finalizer?: Task<F, unknown> | undefined;
  /** Arguments of the `finalizer`. Without a `finalizer` they are an OptionsError. Default: none. */
  finalargs?: NoInfer<readonly [...F]> | undefined;
  /** Milliseconds that the `finalizer` may take; then its worker is ended. After `terminate()` it has `killGrace`. Default: 5 000. */
  finalizerTimeout?: number | undefined;
  /**
   * Worker threads are named `prefix_0`, `prefix_1`, …: see `context().workerName`. Not for processes, whose names begin with the option `name`.
   * Default: `name`, else the facade's class and a number.
   */
  threadNamePrefix?: string | undefined;
  /** Calls after which a worker is replaced; the count is exact. Default: no limit. */
  maxTasksPerChild?: number | undefined;
  /**
   * Tasks that may be in progress in one worker at the same time, for asynchronous tasks that wait; synchronous code still runs one task at a time.
   * Default: 1.
   */
  concurrentTasksPerWorker?: number | undefined;
  /**
   * Bytes. A worker that uses more after a task has ended is replaced: its resident set if it is a process, its heap and external memory, garbage included,
   * if it is a thread. Each task is measured, which takes some microseconds. Default: no limit.
   */
  maxMemoryPerChild?: number | undefined;
  /** Milliseconds for the start of a worker with its initializer, and for the load of a task's module. Default: 30 000. */
  startTimeout?: number | undefined;
  /** Milliseconds after which an idle worker ends. Default: never. */
  idleTimeout?: number | undefined;
  /**
   * Workers that are started before work comes, and that `idleTimeout` does not end; at most the number of workers. `ready()` waits for them. A `Pool`
   * of its own workers starts all of them at once. Default: 0.
   */
  minWorkers?: number | undefined;
  /** 'inherit', 'minimal' (PATH, HOME and the like), or the variables themselves; an `undefined` variable is absent. Default: 'inherit'. */
  env?: 'inherit' | 'minimal' | Record<string, string | undefined> | undefined;
  /** Appended to `process.argv` in every worker. Default: none. */
  argv?: readonly string[] | undefined;
  /** Flags for Node, instead of the inherited flags of this program. Threads take no flags of the whole process. Default: inherited. */
  execArgv?: readonly string[] | undefined;
  /** `context().workerData` in every worker. Default: `undefined`. */
  workerData?: unknown;
  /**
   * Called in this program before each worker starts; it returns what only that worker gets. If it throws, the worker does not start.
   * Default: none.
   */
  perWorker?: ((worker: WorkerIdentity) => PerWorkerOptions | undefined) | undefined;
  /**
   * Modules that each worker imports first, in this order, before the `initializer`. Relative paths and packages resolve from the program's entry file,
   * or from the working directory if the program has none (`-e`). Default: none.
   */
  preload?: readonly (string | URL)[] | undefined;
  /** The working directory of worker processes. Default: that of this program when the worker starts. */
  cwd?: string | URL | undefined;
  /** The Node that worker processes run, a path or the name of a program in the PATH. Default: `process.execPath`. */
  execPath?: string | undefined;
  /**
   * The folder in which worker processes exchange large binary values with the program, in files without a name; `false`: nowhere, so they travel through
   * pipes. Default: `/dev/shm` on Linux if it is a memory file system, elsewhere nowhere.
   */
  bufferDir?: string | false | undefined;
  /** Bytes of these files that all workers may use together; what does not fit travels through pipes. Default: 256 MiB. */
  bufferLimit?: number | undefined;
  /** Megabytes. Processes take whole `maxOldGenerationSizeMb` and `maxYoungGenerationSizeMb` only. Default: Node's own limits. */
  resourceLimits?: ResourceLimits | undefined;
  /**
   * Standard output and error of the workers. 'pipe': `stdout` and `stderr` of the runtime, or of the facade that owns the workers, are readables; more than
   * 1 MiB that is not read is dropped. 'ignore': processes only. Default: 'inherit'.
   */
  stdio?: 'inherit' | 'ignore' | 'pipe' | undefined;
  /**
   * Lets a debugger attach. Process worker `index` listens on `port + index` of 127.0.0.1; threads are in the program's own inspector, which is opened on
   * `port` unless it is open. `wait`: nothing runs until a debugger is attached. Time limits do not run while one is. Default: `false`; `port` 9230.
   */
  inspect?: boolean | { readonly port?: number | undefined; readonly wait?: boolean | undefined } | undefined;
  /**
   * `false`: neither the program nor a worker polls before it sleeps. A poll lasts at most 0.2 ms, after short tasks only, and answers the next one up to
   * 25 µs sooner; set `false` where other programs need the processor. With one CPU nothing polls. Default: `true`.
   */
  lowLatency?: boolean | undefined;
  /** Bytes of one message to or from a worker. Default: 256 MiB. */
  maxPayloadBytes?: number | undefined;
}

/** Options of one facade's share of the workers. */
export interface ShareOptions {
  /** Tasks that may wait for a worker; a further task gets `QueueFullError`. Default: no bound. */
  maxQueue?: number | undefined;
  /**
   * What follows when a worker is lost. 'fail': its tasks fail. 'retry': its tasks run again. 'break': everything open fails, and the facade is
   * broken. Default: 'fail'.
   */
  onWorkerLoss?: 'fail' | 'retry' | 'break' | undefined;
  /** Re-runs of a task whose worker was lost; only with `onWorkerLoss: 'retry'`. Default: 2. */
  retries?: number | undefined;
  /** Milliseconds that a task may run, from its start in the worker. Default: no limit. */
  taskTimeout?: number | undefined;
  /** Milliseconds between the request to a worker to end and its end by force. Default: 500. */
  killGrace?: number | undefined;
  /** The name in messages, statistics and diagnostics. Default: the name of the class. */
  name?: string | undefined;
  /**
   * 'warn': at the end of the program, one warning says how many failed results were never looked at, and shows the first error. 'ignore': the failures
   * of this facade are not part of it. Default: 'warn'.
   */
  unobservedErrors?: 'warn' | 'ignore' | undefined;
  /**
   * Lets a worker process read large binary arguments into memory that it has used before: once the task has ended, their content changes, so a task must not
   * keep them. Without effect on threads. Default: `false`.
   */
  reuseBuffers?: boolean | undefined;
}

/**
 * Options of a WorkerRuntime.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface RuntimeOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any>
  extends WorkerOptions<I, F>,
    ShareOptions {
  /** Whether the workers are processes or threads; 'inline' runs tasks in the calling thread, for debugging. Default: 'process'. */
  kind?: 'process' | 'thread' | 'inline' | undefined;
  /** The number of workers. Default: `cpuCount()`; 1 for kind 'inline', which has no other number. */
  workers?: number | undefined;
}

/** Options of every call. */
export interface CallOptions {
  /** Cancels the call when it is aborted, and aborts `context().signal` of its running tasks. Default: none. */
  signal?: AbortSignal | undefined;
  /** A higher number is taken first; equal numbers in the order of their calls. Default: 0. */
  priority?: number | undefined;
  /** Milliseconds that a task may run, from its start in the worker; then its worker is ended. Default: the facade's `taskTimeout`. */
  taskTimeout?: number | undefined;
  /** Re-runs of a task whose worker was lost; only with `onWorkerLoss: 'retry'`. Default: the facade's `retries`. */
  retries?: number | undefined;
  /** Gets each value that a task reports with `context().report`, and the index of the task in its call. Default: none. */
  onReport?: ((value: unknown, index: number) => void) | undefined;
}
