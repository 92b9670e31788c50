/**
 * The local workers of a node for one session: a runtime of this machine, and the functions that it runs, by name.
 *
 *   serving --a worker cannot be started--> broken: its jobs ended with the cause; the node makes other workers for the next job
 *      '------- end ----------------------> ended: finalizers ran
 *
 * The event loop of the node runs no task, so locks are renewed whatever tasks do. This file does not know the engine.
 */
import { BrokenProcessPoolError, PoolTerminatedError, taskRef } from '@twinpool/core';
import { type Job, RuntimeCore, resolveShare, resolveWorkers, TaskFunction, taskFunctionOf } from '@twinpool/core/facade';
import type { NamedCall, Session } from '../wire/session.ts';

export interface LocalOptions {
  readonly url: string;
  readonly names: ReadonlySet<string>;
  readonly kind: 'process' | 'thread';
  readonly workers: number;
  readonly concurrentTasks: number;
  readonly maxPayloadBytes: number;
}

/** Milliseconds after which idle workers of a client's own session end. */
const SESSION_IDLE = 30_000;

/** The functions of the tasks module, by name: only own keys of this map are ever called. */
export class TaskMap {
  readonly #url: string;
  readonly #plain = new Map<string, TaskFunction>();
  readonly #parsed = new Map<string, TaskFunction>();

  constructor(url: string, names: ReadonlySet<string>) {
    this.#url = url;
    for (const name of names) this.#plain.set(name, taskFunctionOf(taskRef(url, name)));
  }

  get names(): string[] {
    return [...this.#plain.keys()];
  }

  /** `parsed`: the client has parsed the arguments of a checked task. `undefined`: there is no such task. */
  get(name: string, parsed: boolean): TaskFunction | undefined {
    const plain = this.#plain.get(name);
    if (!parsed || plain?.descriptor?.kind !== 'module') return plain;
    let made = this.#parsed.get(name);
    made ??= new TaskFunction(name, undefined, { descriptor: { ...plain.descriptor, parsed: true } });
    this.#parsed.set(name, made);
    return made;
  }

  reference(name: string): unknown {
    return taskRef(this.#url, name);
  }
}

export class LocalWorkers {
  readonly #core: RuntimeCore;
  readonly #client: ReturnType<RuntimeCore['openClient']>;
  #isBroken = false;

  constructor(options: LocalOptions, tasks: TaskMap, session: Session | undefined) {
    const { kind, workers, concurrentTasks, maxPayloadBytes } = options;
    const own = {
      stdio: 'pipe',
      maxPayloadBytes,
      concurrentTasksPerWorker: concurrentTasks,
      ...callOf('initializer', 'initargs', session?.initializer, tasks),
      ...callOf('finalizer', 'finalargs', session?.finalizer, tasks),
      ...limitsOf(session),
    };
    const share = resolveShare({ onWorkerLoss: 'retry', retries: 0 }, 'node', workers, undefined);
    this.#core = new RuntimeCore(resolveWorkers(own, 'node', kind, workers), share, false);
    this.#client = this.#core.openClient({
      name: 'node',
      maxLanes: workers,
      maxQueue: Number.POSITIVE_INFINITY,
      breaksOnLoss: false,
      killGrace: share.killGrace,
      settings: share.settings,
      brokenError: (cause) => {
        this.#isBroken = true;
        const reason = cause instanceof Error ? cause.message : String(cause);
        // The facades on a cluster are those of processes, whatever the workers of a node are.
        return new BrokenProcessPoolError(`no worker can be started on the node: ${reason}`, { cause });
      },
      closedError: () => new PoolTerminatedError('the node ends'),
      readsOn: () => false,
      endedError: (cause) => cause,
    });
  }

  /** A worker could not be started. */
  get isBroken(): boolean {
    return this.#isBroken;
  }
  get output(): RuntimeCore['output'] {
    return this.#core.output;
  }
  get running(): number {
    return this.#core.stats().running;
  }

  submit(job: Job, count: number): void {
    this.#client.submit(job, count);
  }

  /** Ends jobs with `error`. Their running calls have `grace` ms. */
  abort(jobs: readonly Job[], error: Error, grace: number): void {
    const open = new Set(jobs.filter(({ isOver }) => !isOver));
    for (const job of open) job.end(error, 'cancelled');
    this.#core.scheduler.abandon(open, grace);
  }

  /** Lets what runs finish, and ends the workers. */
  end(): Promise<void> {
    return this.#core.lifecycle.close();
  }

  kill(): Promise<void> {
    return this.#core.lifecycle.terminate(() => new PoolTerminatedError('the node ends'), true);
  }
}

function callOf(call: string, args: string, named: NamedCall | undefined, tasks: TaskMap): Record<string, unknown> {
  if (named === undefined) return {};
  if (tasks.get(named.fn, false) === undefined) throw new Error(`the node has no task '${named.fn}'; it has ${tasks.names.join(', ')}`);
  return { [call]: tasks.reference(named.fn), [args]: named.args };
}

function limitsOf(session: Session | undefined): Record<string, unknown> {
  if (session === undefined) return {};
  const { finalizerTimeout, maxTasksPerChild, maxMemoryPerChild } = session;
  const given = Object.entries({ finalizerTimeout, maxTasksPerChild, maxMemoryPerChild }).filter(([, value]) => value !== undefined);
  return { idleTimeout: SESSION_IDLE, ...Object.fromEntries(given) };
}
