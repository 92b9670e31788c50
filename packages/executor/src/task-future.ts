/**
 * TaskFuture: the future of a task that was submitted to workers. It submits the job, and settles with the outcome of the job.
 *
 * Invariant: a submit allocates this object, its job and the array of arguments, nothing else.
 */
import {
  type Attachment,
  CallJob,
  type CallSettings,
  type JobListener,
  setJob,
  setOwner,
  settle,
  settledStateOf,
  taskFunctionOf,
} from '@twinpool/core/facade';
import { Future } from './future.ts';

export class TaskFuture<R> extends Future<R> implements JobListener {
  /** The future may be done before this method returns: the function is not one, the queue is full, or the signal is already aborted. */
  static submit(attachment: Attachment, fn: unknown, args: readonly unknown[], settings: CallSettings): TaskFuture<never> {
    const future = new TaskFuture<never>();
    const job = new CallJob(taskFunctionOf(fn), args, settings, future);
    setOwner(future, attachment);
    setJob(future, job);
    attachment.submit(job, 1);
    return future;
  }

  jobSettled(ok: boolean, value: unknown): void {
    settle(this, settledStateOf(ok, value), value);
  }
}
