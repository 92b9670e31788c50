/**
 * SubmitMap: runs `map` for an executor that has only `submit`. It is the owner of a StreamJob whose tasks go to `submit` instead of workers.
 *
 *   StreamJob --claim--> one item --submit--> Future --outcome--> settle (StreamJob)
 *
 * The StreamJob bounds how far the input is read ahead, orders the outcomes and closes the inputs. This file does not know the executor.
 */
import { type CallSettings, type CallSite, StreamJob, taskFunctionOf, warnOfError } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type MapArguments, openStream } from './inputs.ts';
import type { ExecutorMapOptions } from './options.ts';
import { NO_OUTCOMES, type OutcomeSource } from './result-iterator.ts';

/** Items of an asynchronous input that are read ahead; the number of workers is not known. */
const DEFAULT_BUFFERSIZE = 8;
export const NO_SETTINGS: CallSettings = {
  priority: 0,
  taskTimeout: Number.POSITIVE_INFINITY,
  retries: 0,
  signal: undefined,
  onReport: undefined,
};

const CLOSING = "the input's return()";

type Submit = (args: readonly unknown[]) => Future<unknown>;

export class SubmitMap {
  readonly #submit: Submit;
  readonly #job: StreamJob;
  readonly #isSpread: boolean;
  /** Futures that are not done. */
  readonly #open = new Set<Future<unknown>>();
  /** `#pump` runs. A future that is done when it is submitted settles its task inside it. */
  #isPumping = false;

  private constructor(submit: Submit, job: StreamJob, isSpread: boolean) {
    this.#submit = submit;
    this.#job = job;
    this.#isSpread = isSpread;
  }

  /** Opens the inputs and submits the first items. Returns the source of outcomes. */
  static start(submit: Submit, args: MapArguments, options: ExecutorMapOptions, site: CallSite): OutcomeSource {
    const stream = openStream(args, options, DEFAULT_BUFFERSIZE, (error) => warnOfError(error, CLOSING), site);
    if (stream === undefined) return NO_OUTCOMES;
    // `submit` calls the function, the stream does not.
    const job = new StreamJob(taskFunctionOf(undefined), stream.input, stream.shape, NO_SETTINGS);
    const map = new SubmitMap(submit, job, stream.shape.spread);
    job.accept(map, 0);
    job.start();
    map.wake();
    return job;
  }

  // The methods of a job's owner. There is no queue here, so most of them have no effect.
  tasksAccepted(): void {}
  tasksEnded(): void {}
  hold(): void {}
  release(): void {}
  setAside(): void {}
  hasBegun(): boolean {
    return true;
  }
  takeBack(): boolean {
    return false;
  }
  warn(error: unknown, what: string): void {
    warnOfError(error, what);
  }

  wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    // `submit` is code of the user.
    this.#job.scope?.runInAsyncScope(this.#pump, this);
  }

  #pump(): void {
    try {
      for (let chunk = this.#job.claim(1); chunk !== undefined; chunk = this.#job.claim(1)) {
        const item = chunk.at(0);
        this.#start(chunk.base, this.#isSpread ? (item as readonly unknown[]) : [item]);
      }
    } finally {
      this.#isPumping = false;
    }
  }

  /** The stream has ended: futures that have not started are cancelled. */
  forget(): void {
    for (const future of this.#open) future.cancel();
  }

  #start(index: number, args: readonly unknown[]): void {
    let future: Future<unknown>;
    try {
      future = this.#submit(args);
    } catch (error) {
      // The executor was shut down meanwhile: the outcomes of accepted items are delivered, then this error.
      this.#job.settle(index, false, error);
      return;
    }
    if (this.#job.isOver) {
      // `submit` itself ended the iteration.
      future.cancel();
      return;
    }
    this.#open.add(future);
    const settle = (ok: boolean, value: unknown) => {
      this.#open.delete(future);
      this.#job.settle(index, ok, value);
    };
    future.then(
      (value) => settle(true, value),
      (error: unknown) => settle(false, error),
    );
  }
}
