/**
 * Declares and checks the options of `BullmqRuntime.connect`.
 *
 * Every fault is reported in one OptionsError, before a connection is made. It does not know how an option is used.
 */
import type { Task } from '@twinpool/core';
import { checkOptions } from '@twinpool/core/facade';

/**
 * Options of `BullmqRuntime.connect`.
 *
 * @typeParam I - The types of the initializer's arguments.
 * @typeParam F - The types of the finalizer's arguments.
 */
// biome-ignore lint/suspicious/noExplicitAny: options whose initializer is not known by its type take any
export interface BullmqConnectOptions<I extends readonly unknown[] = any, F extends readonly unknown[] = any> {
  /** The engine: `redis://…`, `rediss://…` or `postgres://…`, or an object of options that ioredis or pg takes. */
  connection: string | object;
  /** The name of the queue, as the nodes have it. */
  queue: string;
  /** The functions that run on the nodes: a module (a path from the working directory, or a `file:` URL), or a record whose keys are the names. */
  tasks: string | URL | Record<string, unknown>;
  /** Signs jobs and results; the nodes must have the same one. Default: none. */
  secret?: string | undefined;
  /** Begins the keys of BullMQ in Redis. Default: `bull`. */
  prefix?: string | undefined;
  /** Nodes to wait for. Default: 0. */
  minNodes?: number | undefined;
  /** Milliseconds without a node after which tasks end with NoWorkersError. Default: 30 000. */
  noWorkersTimeout?: number | undefined;
  /** Milliseconds without the engine after which tasks end with EngineDownError. Default: 30 000. */
  engineTimeout?: number | undefined;
  /** Called in each worker of a node before its first task of this runtime; one of the `tasks`. Default: none. */
  initializer?: Task<I, unknown> | undefined;
  /** Arguments of the `initializer`. Default: none. */
  initargs?: NoInfer<readonly [...I]> | undefined;
  /** Calls after which a worker of a node is replaced. Default: no limit. */
  maxTasksPerChild?: number | undefined;
  /** Called in each worker of a node at its orderly end; one of the `tasks`. Default: none. */
  finalizer?: Task<F, unknown> | undefined;
  /** Arguments of the `finalizer`. Default: none. */
  finalargs?: NoInfer<readonly [...F]> | undefined;
  /** Milliseconds that the `finalizer` may take. Default: 5 000. */
  finalizerTimeout?: number | undefined;
  /** Bytes; a worker of a node that uses more after a task is replaced. Default: no limit. */
  maxMemoryPerChild?: number | undefined;
  /**
   * 'retry': tasks of a lost node or a lost worker run again. 'fail': neither. 'break': the first loss of a worker or node breaks the facade. Default: tasks of
   * a lost node run again, those of a worker that was lost in a living node fail.
   */
  onWorkerLoss?: 'fail' | 'retry' | 'break' | undefined;
  /** Times that a task runs again. Default: 2. */
  retries?: number | undefined;
  /** The name of the runtime in messages. Default: 'BullmqRuntime'. */
  name?: string | undefined;
  /** Bytes that the arguments of one job may take. Default: 8 MiB. */
  maxPayload?: number | undefined;
  /** PostgreSQL: `false` leaves the schema as it is. Default: it is brought up to date. */
  migrate?: boolean | undefined;
}

export interface CheckedConnectOptions extends BullmqConnectOptions {
  readonly noWorkersTimeout: number;
  readonly engineTimeout: number;
  readonly minNodes: number;
  readonly maxPayload: number;
}

const DEFAULTS = { noWorkersTimeout: 30_000, engineTimeout: 30_000, minNodes: 0, maxPayload: 8 * 2 ** 20 };
const MOST_PAYLOAD = 256 * 2 ** 20;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown, least: number, most: number): boolean =>
  Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;

/** Throws OptionsError that lists every fault. */
export function checkConnectOptions(options: unknown): CheckedConnectOptions {
  const own = checkOptions(
    'BullmqRuntime.connect',
    options ?? {},
    ({ instance, worker, share }) => ({
      connection: instance(
        (value) => isEngineUrl(value) || isObject(value),
        'a redis: or postgres: URL, or an object of connection options',
      ),
      queue: instance((value) => isText(value) && !String(value).includes(':'), 'the name of a queue, without `:`'),
      tasks: instance((value) => isText(value) || isObject(value), 'a path, a file: URL, or a record of functions'),
      secret: instance(isText, 'a text that is not empty'),
      prefix: instance(isText, 'a text that is not empty'),
      minNodes: instance((value) => isWhole(value, 0, 10_000), 'a number of nodes, a whole number of 0 or more'),
      noWorkersTimeout: instance(isDuration, MILLISECONDS),
      engineTimeout: instance(isDuration, MILLISECONDS),
      maxPayload: instance((value) => isWhole(value, 1, MOST_PAYLOAD), `a number of bytes, a whole number from 1 to ${MOST_PAYLOAD}`),
      migrate: instance((value) => typeof value === 'boolean', 'true or false'),
      ...picked(worker, ['initializer', 'initargs', 'finalizer', 'finalargs', 'finalizerTimeout', 'maxTasksPerChild', 'maxMemoryPerChild']),
      ...picked(share, ['onWorkerLoss', 'retries', 'name']),
    }),
    (all, report) => {
      for (const key of ['connection', 'queue', 'tasks']) if (all[key] === undefined) report(key, 'is missing');
      if (all['initargs'] !== undefined && all['initializer'] === undefined) report('initargs', 'given without an initializer');
      if (all['finalargs'] !== undefined && all['finalizer'] === undefined) report('finalargs', 'given without a finalizer');
      const policy = all['onWorkerLoss'];
      if (all['retries'] !== undefined && policy !== undefined && policy !== 'retry')
        report('retries', `cannot be used with onWorkerLoss: '${String(policy)}'`);
    },
  );
  return { ...DEFAULTS, ...own } as CheckedConnectOptions;
}

const MILLISECONDS = 'milliseconds: a number of 0 or more (Infinity: no limit)';

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}

export function isEngineUrl(value: unknown): boolean {
  return typeof value === 'string' && /^(rediss?|postgres(ql)?):\/\//.test(value);
}

function picked<T>(shape: Record<string, T>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, shape[key] as T]));
}
