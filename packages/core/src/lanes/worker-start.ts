/**
 * Keeps how the start of one worker went, and limits its time.
 *
 *   starting --preloaded, if it has an initializer--> initializing                 `isLoading` until then
 *   starting --succeeded--> ready --ended: lost before it began a task--> died young
 *       |--failed | initializerFailed--> starting, with a reason --ended--> not started
 *       |--startTimeout is over--------> hung, with a reason ------ended--> not started
 *       '--ended--> not started; the end of the worker is the reason
 *
 * It does not know how a worker is started, nor how often the supervisor tries again.
 */
import { InitializerError, WorkerLostError } from '../errors.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import { messageOf } from '../primitives/message-of.ts';
import type { WorkerSetup } from '../wire/messages.ts';
import type { WorkerExit } from './worker-exit.ts';

export class WorkerStart {
  readonly #setup: WorkerSetup;
  readonly #alarm: Alarm;
  #hasPreloaded = false;
  #wasReady = false;
  #hasHung = false;
  #diedYoung = false;
  #error: unknown;

  /** `giveUp` is called when the worker does not start within its `startTimeout`. */
  constructor(clock: Clock, setup: WorkerSetup, giveUp: () => void) {
    this.#setup = setup;
    const hang = () => {
      this.#hang();
      giveUp();
    };
    this.#alarm = new Alarm(clock, hang, { standsStill: true });
  }

  /** The worker runs its initializer, or has run it. */
  get hasPreloaded(): boolean {
    return this.#hasPreloaded;
  }
  /** The worker has started well. */
  get wasReady(): boolean {
    return this.#wasReady;
  }
  /** The worker did not start within its `startTimeout`. */
  get hasHung(): boolean {
    return this.#hasHung;
  }
  /** The worker had started well, and was lost before it began a task. */
  get diedYoung(): boolean {
    return this.#diedYoung;
  }
  /** Why the worker did not start, or died young. */
  get error(): unknown {
    return this.#error;
  }

  begin(): void {
    this.#alarm.set(this.#setup.startTimeout);
  }

  preloaded(): void {
    this.#hasPreloaded = true;
  }

  succeeded(): void {
    this.#alarm.stop();
    this.#wasReady = true;
  }

  /** The first reason counts. */
  failed(error: unknown): void {
    this.#error ??= error;
  }

  initializerFailed(cause: unknown): void {
    this.#error = new InitializerError(`the initializer failed in worker ${this.#setup.workerId}: ${messageOf(cause)}`, { cause });
  }

  /** The worker is gone. `hasBegun`: it had begun a task. */
  ended(exit: WorkerExit, hasBegun: boolean): void {
    this.#alarm.stop();
    this.#diedYoung = this.#wasReady && !hasBegun && exit.wasLost && !exit.wasKilledFromOutside;
    if (this.#diedYoung) this.#error = exit.startError(this.#setup, 'right after its start');
    else if (!this.#wasReady) this.#error ??= exit.status?.cause ?? exit.startError(this.#setup, 'while it was starting');
  }

  #hang(): void {
    const { workerId, workerIndex, startTimeout, initializer } = this.#setup;
    const what = initializer === undefined ? 'it' : `it, with its initializer '${initializer.name}',`;
    const text = `worker ${workerId} was given up: ${what} took longer to start than startTimeout (${startTimeout} ms)`;
    const error = new WorkerLostError(text, { workerId, workerIndex });
    this.#error = initializer === undefined ? error : new InitializerError(error.message, { cause: error });
    this.#hasHung = true;
  }
}
