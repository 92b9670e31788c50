/**
 * Attaches a facade to a runtime: one client, the settings of its calls, and the end of both.
 *
 *   attached --close--> no new work --leave: the work ends--> left          own workers:    the runtime ends with the facade
 *       '------ terminate: the work is ended now -------------^             shared workers: the runtime stays
 *
 * It does not know the names of the ends and their errors: those are the facade's.
 */

import type { Readable } from 'node:stream';
import { OptionsError } from '../errors.ts';
import { BroadcastJob } from '../jobs/broadcast-job.ts';
import type { CallSettings, Job, JobListener } from '../jobs/job.ts';
import type { StreamJob } from '../jobs/stream-job.ts';
import type { RuntimeStats } from '../observability/runtime-stats.ts';
import { checkTimeout, checkWhole } from '../options/check-options.ts';
import type { ResolvedShare } from '../options/resolve-options.ts';
import type { KeptMemory } from '../primitives/kept-memory.ts';
import { coreOf, RuntimeCore, WorkerRuntime } from '../runtime.ts';
import type { Client, Unended } from '../scheduling/client.ts';
import type { TaskFunction } from '../tasks/task-function.ts';
import { resolveFacade } from './facade-options.ts';
import { noteFailure, noteLook } from './unobserved-errors.ts';

export interface AttachmentShape {
  /** The facade's name in messages, unless the user gave one. */
  readonly name: string;
  readonly kind: 'process' | 'thread';
  /** The facade's word for the number of workers. */
  readonly count: 'processes' | 'maxWorkers';
  /** Workers are started with the facade; otherwise when work comes. */
  readonly startsAtOnce: boolean;
  /** The error of work whose workers cannot be started or, with onWorkerLoss 'break', were lost. It must not hold the facade: it lives as long as the runtime. */
  readonly brokenError: (name: string, cause: unknown) => Error;
  /** The error of an input that is not read any further, or of a caller that waits for room or workers, because no new work is taken. */
  readonly closedError: (name: string, what: Unended) => Error;
  /** Whether an input is read to its end after the facade was closed; the others end at once. */
  readonly readsOn: (stream: StreamJob) => boolean;
  /** The error of open work whose workers were ended by their owner; `cause` is the owner's error. */
  readonly endedError: (name: string, cause: unknown) => unknown;
}

const attachments = new WeakMap<object, Attachment>();

/** The attachment of a facade; undefined for any other object. */
export function attachmentOf(facade: object): Attachment | undefined {
  return attachments.get(facade);
}

export class Attachment {
  readonly name: string;
  /** The most workers this facade uses at once. */
  readonly workers: number;
  /** The most tasks of this facade that run at once. */
  readonly slots: number;
  /** The settings of a call without options of its own. */
  readonly settings: CallSettings;
  readonly kind: string;
  readonly #core: RuntimeCore;
  readonly #client: Client;
  readonly #share: ResolvedShare;
  /** The workers are this facade's own, and end with it. */
  readonly ownsWorkers: boolean;
  #ended: Promise<void> | undefined;

  private constructor(core: RuntimeCore, ownsWorkers: boolean, share: ResolvedShare, shape: AttachmentShape) {
    const { name } = share;
    this.name = name;
    this.workers = share.maxLanes;
    this.slots = share.maxLanes * core.workers.slots;
    this.settings = share.settings;
    this.kind = core.workers.kind;
    this.ownsWorkers = ownsWorkers;
    this.#core = core;
    this.#share = share;
    this.#client = core.openClient({
      name,
      maxLanes: share.maxLanes,
      maxQueue: share.maxQueue,
      breaksOnLoss: share.onWorkerLoss === 'break',
      killGrace: share.killGrace,
      settings: share.settings,
      brokenError: (cause) => shape.brokenError(name, cause),
      closedError: (what) => shape.closedError(name, what),
      readsOn: shape.readsOn,
      endedError: (cause) => shape.endedError(name, cause),
    });
  }

  /**
   * Reads the options of a facade's constructor. Given the attachment of another facade instead, it makes a second one to the same workers, with the
   * same settings; its end leaves the workers alone. Throws TypeError, RangeError, OptionsError, and NestedBootstrapError if workers start at once
   * where they must not.
   */
  static attach(shape: AttachmentShape, options: object | number | undefined): Attachment {
    if (options instanceof Attachment) return options.#again(shape);
    const isRuntime = (value: unknown): value is WorkerRuntime => value instanceof WorkerRuntime;
    const resolved = resolveFacade({ ...shape, isRuntime, shareOf: (runtime) => coreOf(runtime).share }, options);
    if (resolved.workers !== undefined)
      return new Attachment(new RuntimeCore(resolved.workers, resolved.share, shape.startsAtOnce), true, resolved.share, shape);
    return new Attachment(coreOf(resolved.runtime as WorkerRuntime), false, resolved.share, shape);
  }

  #again(shape: AttachmentShape): Attachment {
    return new Attachment(this.#core, false, { ...this.#share, name: `${shape.name} of ${this.name}` }, shape);
  }

  /** From now on `attachmentOf` returns it for this facade. */
  setFacade(facade: object): void {
    attachments.set(facade, this);
  }

  /** The facade's permanent failure; undefined while there is none. */
  get broken(): Error | undefined {
    return this.#client.broken;
  }
  /** Accepted tasks that have not ended. */
  get open(): number {
    return this.#client.open;
  }
  /** It takes work: neither it nor its workers were closed. */
  get isOpen(): boolean {
    return this.#core.lifecycle.isOpen && !this.#client.isClosed;
  }
  /** The workers take work: their owner has not closed them. */
  get isRuntimeOpen(): boolean {
    return this.#core.lifecycle.isOpen;
  }

  /** The first check of `submit`, for facades that read the input before. Throws NestedBootstrapError where no workers may be started. */
  checkNesting(): void {
    this.#core.checkNesting();
  }

  submit(job: Job, tasks: number): void {
    this.checkNesting();
    this.#client.submit(job, tasks);
  }

  /** Runs `fn(...args)` once on every worker of the runtime. Throws NotSupportedError where the workers are elsewhere. */
  broadcast(fn: TaskFunction, args: readonly unknown[], settings: CallSettings, listener: JobListener): void {
    this.checkNesting();
    this.#core.checkLocal('broadcast');
    this.#client.submitBroadcast(new BroadcastJob(fn, args, this.#core.workers.size, settings, listener));
  }

  /**
   * Resolves when fewer than `limit` tasks of this facade wait; default: `maxQueue`. Rejects when the facade takes no work any more. Throws TypeError or
   * RangeError for a bad limit, OptionsError if there is neither. `what`: the method, for messages.
   */
  waitForCapacity(what: string, limit: number | undefined): Promise<void> {
    if (limit !== undefined) checkWhole(limit, `${what}: limit`);
    const most = limit ?? this.#share.maxQueue;
    if (most === Number.POSITIVE_INFINITY) {
      const message = 'expected a limit, or the option maxQueue: without a bound there is always room';
      throw new OptionsError(`${what}: ${message}`, [{ path: 'maxQueue', message }]);
    }
    return this.#client.waitForCapacity(most);
  }

  /**
   * Resolves when the fewest workers of the runtime are there. Rejects when the facade takes no work any more, and with TimeoutError after `timeout`
   * ms. Throws TypeError or RangeError for a bad timeout.
   */
  ready(timeout: number | undefined): Promise<void> {
    const ms = checkTimeout(timeout);
    this.checkNesting();
    const { broken } = this;
    return broken === undefined ? this.#client.whenReady(ms, () => this.#core.lateError(this.name, ms)) : Promise.reject(broken);
  }

  stats(): RuntimeStats {
    return this.#core.stats();
  }

  /** What the workers print, with `stdio: 'pipe'`, if they are the facade's own. */
  get stdout(): Readable | undefined {
    return this.ownsWorkers ? this.#core.output?.stdout : undefined;
  }
  get stderr(): Readable | undefined {
    return this.ownsWorkers ? this.#core.output?.stderr : undefined;
  }

  unobserved(by: 1 | -1, handle: object, error: unknown): void {
    this.#core.counts.unobserved(by);
    if (this.#share.unobservedErrors === 'ignore') return;
    if (by === -1) noteLook(handle);
    else if (!this.#client.gaveUpWith(error)) noteFailure(handle, error);
  }

  warn(error: unknown, what: string): void {
    this.#client.warn(error, what);
  }

  /** Memory for copies of large inputs. */
  get inputMemory(): KeptMemory {
    return this.#core.inputMemory;
  }
  /** Memory for the results of such inputs; `undefined` where workers share no memory with the program. */
  get resultMemory(): KeptMemory | undefined {
    return this.#core.resultMemory;
  }

  now(): number {
    return this.#core.clock.now();
  }

  /** No new work. If the workers are the facade's own, other facades that are attached to them get no new work either. */
  close(): void {
    if (this.ownsWorkers) this.#core.lifecycle.stopTaking();
    this.#client.close();
    this.leaveWhenIdle();
  }

  /** For a facade that the program cannot reach any more: it leaves once its work has ended. */
  leaveWhenIdle(): void {
    void this.#client.whenIdle().then(() => this.leave());
  }

  cancelWaiting(error: unknown): void {
    this.#client.cancelWaiting(error);
  }

  /** Resolves when all accepted work has ended and, if the workers are the facade's own, every worker is gone. */
  leave(): Promise<void> {
    this.#ended ??= this.#leave();
    return this.#ended;
  }

  async #leave(): Promise<void> {
    this.#core.keepAlive.change(1);
    try {
      await this.#client.drained();
      if (this.ownsWorkers) await this.#core.lifecycle.close();
      else this.#core.scheduler.removeClient(this.#client);
    } finally {
      this.#core.keepAlive.change(-1);
    }
  }

  /**
   * Ends all of this facade's work now; `waitingError` is the error of tasks that no worker has. `force`: workers get no time to end on their own.
   * Resolves as `leave` does.
   */
  terminate(error: unknown, waitingError: unknown = error, { force = false }: { force?: boolean } = {}): Promise<void> {
    this.#client.terminate(error, waitingError, force);
    if (this.ownsWorkers) void this.#core.lifecycle.terminate(() => error, force);
    return this.leave();
  }
}
