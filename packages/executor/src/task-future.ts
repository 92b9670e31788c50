/**
 * The future of a task that was submitted to workers.
 *
 * Decides which endings of a job are a cancellation. A submit allocates this object, its job and the array of arguments, nothing else.
 */
import { CancelledError } from '@twinpool/core';
import { CallJob, type CallSettings, type JobListener, type Seat, taskFunctionOf } from '@twinpool/core/facade';
import { Future, giveHome, settleFuture } from './future.ts';

export class TaskFuture<R> extends Future<R> implements JobListener {
  /** Until the task has ended. */
  #job: CallJob | undefined;

  private constructor(fn: unknown, args: readonly unknown[], settings: CallSettings) {
    super();
    this.#job = new CallJob(taskFunctionOf(fn), args, settings, this);
  }

  /** The outcome may be there before this returns: a function that is none, a full queue, a signal that is aborted already. */
  static submit(seat: Seat, fn: unknown, args: readonly unknown[], settings: CallSettings): TaskFuture<never> {
    const future = new TaskFuture<never>(fn, args, settings);
    giveHome(future, seat);
    seat.submit(future.#job as CallJob, 1);
    return future;
  }

  override cancel(): boolean {
    // The job tells it back through `jobSettled`, before `cancel` returns.
    this.#job?.cancel();
    return this.cancelled();
  }

  override running(): boolean {
    return !this.done() && this.#job?.handedOver === true;
  }

  jobSettled(ok: boolean, value: unknown): void {
    this.#job = undefined;
    settleFuture(this, ok ? 'returned' : isCancellation(value) ? 'cancelled' : 'raised', value);
  }
}

/** One of this side; a CancelledError that the task itself threw is a failure like any other. */
function isCancellation(error: unknown): boolean {
  return error instanceof CancelledError && error.remote !== true;
}
