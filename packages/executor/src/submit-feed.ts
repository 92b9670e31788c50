/**
 * `map` on top of `submit`: the stream of `map` with an executor's `submit` in place of workers.
 *
 * Decides that an item is submitted when the stream has it, one task each. How far the input is read ahead, the order of delivery and the
 * closing of inputs are the stream's.
 */
import { type CallSettings, type CallSite, StreamJob, taskFunctionOf, warnOfError } from '@twinpool/core/facade';
import type { Future } from './future.ts';
import { type MapArguments, openStream } from './inputs.ts';
import type { ExecutorMapOptions } from './options.ts';
import { NO_OUTCOMES, type OutcomeSource } from './result-iterator.ts';

/** How far an asynchronous input is read ahead where the number of workers is not known. */
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
export class SubmitFeed {
  readonly #submit: Submit;
  readonly #job: StreamJob;
  readonly #isSpread: boolean;
  readonly #open = new Set<Future<unknown>>();
  /** A future that is done when it is submitted settles its task inside `#pump`. */
  #isPumping = false;

  private constructor(submit: Submit, job: StreamJob, isSpread: boolean) {
    this.#submit = submit;
    this.#job = job;
    this.#isSpread = isSpread;
  }

  static start(submit: Submit, args: MapArguments, options: ExecutorMapOptions, site: CallSite): OutcomeSource {
    const stream = openStream(args, options, DEFAULT_BUFFERSIZE, (error) => warnOfError(error, CLOSING), site);
    if (stream === undefined) return NO_OUTCOMES;
    // The stream never calls the function itself: `submit` knows it.
    const job = new StreamJob(taskFunctionOf(undefined), stream.input, stream.shape, NO_SETTINGS);
    const feed = new SubmitFeed(submit, job, stream.shape.spread);
    job.owner = feed;
    job.start();
    feed.wake();
    return job;
  }

  // What a job asks of its owner; nothing here has a queue, so there is little to do.
  tasksAccepted(): void {}
  tasksEnded(): void {}
  hold(): void {}
  release(): void {}
  setAside(): void {}
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

  /** The stream has ended: what has not started need not. */
  forget(): void {
    for (const future of this.#open) future.cancel();
  }

  #start(index: number, args: readonly unknown[]): void {
    let future: Future<unknown>;
    try {
      future = this.#submit(args);
    } catch (error) {
      // The executor was shut down meanwhile: what was accepted is delivered, then this.
      this.#job.settle(index, false, error);
      return;
    }
    if (this.#job.over) {
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
