/**
 * BullmqRuntime: a WorkerRuntime whose workers are on other machines, reached through BullMQ.
 *
 *   facade -> Client -> Scheduler -> Lane -> ClusterTransport -> Cluster -> BullMQ -> node (`twinpool worker`)
 *
 * In the house a lane is one place at the engine, and there are as many lanes as the cluster has credit. Everything above the transport is that of threads
 * and processes. This file composes the parts and does not know how one works.
 */
import { OptionsError, type RuntimeStats, type Task, WorkerRuntime } from '@twinpool/core';
import {
  Packer,
  RuntimeCore,
  resolveShare,
  resolveWorkers,
  type Transport,
  type TransportContext,
  type TransportFactory,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { Cluster, MOST_CREDIT } from './client/cluster.ts';
import { type ClusterLine, ClusterTransport } from './client/cluster-transport.ts';
import { type BullmqConnectOptions, type CheckedConnectOptions, checkConnectOptions } from './client/connect-options.ts';
import { TaskNames } from './client/task-names.ts';
import { Engine } from './engine.ts';
import { encodeSession, type NamedCall } from './wire/session.ts';

/** Milliseconds for the first answer of the engine. */
const REACHED_WITHIN = 10_000;
const NAME = 'BullmqRuntime';

/**
 * Workers on other machines. `Pool` and `ProcessPoolExecutor` take it as `runtime`, and work as they do on local workers.
 *
 * Nodes are started with `twinpool worker`. Functions travel as names that both sides have in their `tasks` module. A task may run more than once, when its
 * node is lost, and settles exactly once: make tasks idempotent, or give `onWorkerLoss: 'fail'`.
 *
 * Price: about 2 ms for one task there and back; short tasks of a `map` share jobs. Not for tasks shorter than 1 ms unless through `map`.
 *
 * @see https://docs.bullmq.io
 *
 * @example
 * ```ts
 * import { BullmqRuntime } from '@twinpool/bullmq';
 * import { ProcessPoolExecutor } from 'twinpool';
 *
 * // Exported by a module that the nodes load too; there, `tasks` is its place: new URL('./tasks.js', import.meta.url)
 * const tasks = { resize: (name: string) => `${name}.small` };
 *
 * export async function resizeAll(names: string[]): Promise<string[]> {
 *   await using runtime = await BullmqRuntime.connect({ connection: 'redis://127.0.0.1:6379', queue: 'img', tasks });
 *   await using executor = new ProcessPoolExecutor({ runtime });
 *   return await executor.map(tasks.resize, names).toArray();
 * }
 * ```
 */
export class BullmqRuntime extends WorkerRuntime {
  private constructor(core: RuntimeCore) {
    // A subclass gives its own parts instead of options.
    super(core as never);
  }

  /**
   * Connects to the engine, and waits for `minNodes` nodes.
   *
   * @param options - The engine, the queue and the tasks; see `BullmqConnectOptions`.
   * @returns The runtime. Close it when the facades on it have ended.
   * @throws OptionsError (rejection) that lists every bad option.
   * @throws EngineDownError (rejection) when the engine was not reached within 10 s.
   * @throws NoWorkersError (rejection) when fewer than `minNodes` nodes were there after `noWorkersTimeout`.
   * @throws TaskModuleError (rejection) when the `tasks` module cannot be loaded.
   *
   * @example
   * ```ts
   * import { BullmqRuntime } from '@twinpool/bullmq';
   *
   * try {
   *   await BullmqRuntime.connect({ connection: 'redis://127.0.0.1:6379', queue: '', tasks: './tasks.js', minNodes: -1 });
   * } catch (error) {
   *   console.log((error as Error).message); // lists both faults
   * }
   * ```
   */
  static async connect<I extends readonly unknown[] = [], F extends readonly unknown[] = []>(
    options: BullmqConnectOptions<I, F>,
  ): Promise<BullmqRuntime> {
    const checked = checkConnectOptions(options);
    const names = await TaskNames.load(checked.tasks as never);
    const { connection, queue, prefix, migrate, minNodes } = checked;
    const engine = new Engine({ connection, queue, prefix, migrates: migrate !== false });
    const parts: { core?: RuntimeCore } = {};
    const cluster = new Cluster(engine, {
      secret: checked.secret,
      engineTimeout: checked.engineTimeout,
      noWorkersTimeout: checked.noWorkersTimeout,
      resized: (credit) => parts.core?.resize(credit),
    });
    try {
      const session = await sessionOf(checked, names, cluster.id);
      await engine.reached(REACHED_WITHIN);
      await cluster.waitForNodes(minNodes);
      await cluster.jobs.open();
      cluster.jobs.rest();
      const core = coreFor(checked, names, cluster, session, (cause) => parts.core?.scheduler.failWaiting(cause, true));
      parts.core = core;
      return new BullmqRuntime(core);
    } catch (error) {
      await cluster.close();
      throw error;
    } finally {
      engine.unreference();
    }
  }
}

function coreFor(
  options: CheckedConnectOptions,
  names: TaskNames,
  cluster: Cluster,
  session: string,
  broken: (cause: unknown) => void,
): RuntimeCore {
  const { maxPayload, secret, name = NAME, onWorkerLoss, retries } = options;
  const workers = resolveWorkers({ maxPayloadBytes: maxPayload, name }, NAME, 'cluster', cluster.credit);
  const own = { name, retries, onWorkerLoss: onWorkerLoss ?? 'nodes' };
  const share = resolveShare(withoutAbsent(own), NAME, MOST_CREDIT, undefined);
  const line: ClusterLine = { cluster, secret, maxPayload, session, nameOf: (id) => names.nameOfId(id), broken };
  const transports: TransportFactory = {
    isRemote: true,
    capabilities: { sharesMemory: false, movesBuffers: false },
    remoteStats: (busyLanes) => statsOf(cluster, busyLanes),
    faultOf: (fn) => names.faultOf(fn),
    make: (context: TransportContext): Transport => new ClusterTransport(line, context),
    afterWorkers: () => cluster.close(),
  };
  return new RuntimeCore({ ...workers, mostStarting: MOST_CREDIT }, share, false, { transports: () => transports });
}

/** `workers` are the slots of all nodes. */
function statsOf({ nodes }: Cluster, busyLanes: number): Partial<RuntimeStats> {
  const workers = nodes.reduce((sum, { slots }) => sum + slots, 0);
  const busy = Math.min(workers, busyLanes);
  return { workers, busy, idle: workers - busy, nodes };
}

function withoutAbsent(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

async function sessionOf(options: CheckedConnectOptions, names: TaskNames, client: string): Promise<string> {
  const { initializer, initargs, finalizer, finalargs, finalizerTimeout, maxTasksPerChild, maxMemoryPerChild, maxPayload } = options;
  const packer = new Packer({ sharesMemory: false, movesBuffers: false, maxPayloadBytes: maxPayload });
  const session = {
    client,
    initializer: await namedCall('initializer', initializer as Task<never, unknown> | undefined, initargs, names),
    finalizer: await namedCall('finalizer', finalizer as Task<never, unknown> | undefined, finalargs, names),
    finalizerTimeout,
    maxTasksPerChild,
    maxMemoryPerChild,
  };
  try {
    return encodeSession(session, packer);
  } catch (error) {
    const message = (error as Error).message;
    throw new OptionsError(`BullmqRuntime.connect: ${message}`, [{ path: 'initargs', message }]);
  }
}

async function namedCall(what: string, task: unknown, args: readonly unknown[] = [], names: TaskNames): Promise<NamedCall | undefined> {
  if (task === undefined) return undefined;
  const fn = taskFunctionOf(task);
  await fn.settled;
  const fault = names.faultOf(fn);
  if (fault !== undefined)
    throw new OptionsError(`BullmqRuntime.connect: ${what}: ${fault.message}`, [{ path: what, message: fault.message }]);
  return { fn: names.nameOf(fn) as string, args };
}
