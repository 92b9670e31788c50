/**
 * The future of a task that was submitted to workers.
 *
 * Hands the job over and passes its ending on. A submit allocates this object, its job and the array of arguments, nothing else.
 */
import {
  CallJob,
  type CallSettings,
  type JobListener,
  type Seat,
  setJob,
  setOwner,
  settle,
  settledStateOf,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { Future } from './future.ts';

export class TaskFuture<R> extends Future<R> implements JobListener {
  /** The outcome may be there before this returns: a function that is none, a full queue, a signal that is aborted already. */
  static submit(seat: Seat, fn: unknown, args: readonly unknown[], settings: CallSettings): TaskFuture<never> {
    const future = new TaskFuture<never>();
    const job = new CallJob(taskFunctionOf(fn), args, settings, future);
    setOwner(future, seat);
    setJob(future, job);
    seat.submit(job, 1);
    return future;
  }

  jobSettled(ok: boolean, value: unknown): void {
    settle(this, settledStateOf(ok, value), value);
  }
}
