/**
 * PoolLifecycle: the state of one pool. It checks whether the pool takes work, and ends the pool.
 *
 *   running --close()--> closed --terminate()--> terminated
 *      '--------------terminate()-------------------^
 *
 * Invariant: `close` and `terminate` make all the moves, and there is no way back. A pool, its views and its iterators share one PoolLifecycle. It
 * does not know them, nor workers.
 */
import { PoolClosedError, PoolRunningError, PoolTerminatedError, TimeoutError } from '@twinpool/core';
import { Alarm, type Attachment, checkTimeout, systemClock } from '@twinpool/core/facade';

export class PoolLifecycle {
  readonly attachment: Attachment;
  #state: 'running' | 'closed' | 'terminated' = 'running';
  #hasLeft = false;

  constructor(attachment: Attachment) {
    this.attachment = attachment;
    // Workers of its own would stay idle for the rest of the program if the pool were garbage collected.
    if (attachment.ownsWorkers) unreachable.register(this, attachment, this);
  }

  get state(): 'running' | 'closed' | 'terminated' {
    return this.#state;
  }

  /** Throws PoolClosedError unless the pool takes work, and NestedBootstrapError where its runtime may not start workers. */
  checkRunning(): void {
    if (this.#state !== 'running') {
      throw new PoolClosedError(`${this.attachment.name} is not running: it was ${this.#state} and takes no new work; make another pool`);
    }
    if (!this.attachment.isRuntimeOpen) {
      const reason = 'its WorkerRuntime was closed, or the executor that it shares workers with; make another one and another pool';
      throw new PoolClosedError(`${this.attachment.name} is not running: ${reason}`);
    }
    this.attachment.checkNesting();
  }

  close(): void {
    if (this.#state !== 'running') return;
    this.#state = 'closed';
    unreachable.unregister(this);
    this.attachment.close();
  }

  /** `reason`: why the pool ends, for the error of open work. */
  terminate(reason: string): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    unreachable.unregister(this);
    void this.attachment.terminate(new PoolTerminatedError(`${this.attachment.name}: ${reason}`));
  }

  /** Resolves when all work has ended and every worker of its own is gone. */
  async join(timeout?: number): Promise<void> {
    if (this.#state === 'running') {
      throw new PoolRunningError(`${this.attachment.name} is still running: call close() or terminate() before join()`);
    }
    const ms = checkTimeout(timeout);
    const left = this.attachment.leave().then(() => {
      this.#hasLeft = true;
    });
    if (this.#hasLeft || ms === Number.POSITIVE_INFINITY) return left;
    const error = () =>
      new TimeoutError(`${this.attachment.name} had not ended after ${Math.max(0, ms)} ms; its work goes on, call join() again`);
    if (ms <= 0) throw error();
    let alarm: Alarm | undefined;
    const late = new Promise<never>((_, reject) => {
      alarm = new Alarm(systemClock, () => reject(error()), { keepsAlive: true, standsStill: true });
      alarm.set(ms);
    });
    return Promise.race([left, late]).finally(() => alarm?.stop());
  }
}

/** Warns of a running pool that was garbage collected, as CPython does, and closes it. Unlike in CPython, its accepted tasks finish. */
const unreachable = new FinalizationRegistry<Attachment>((attachment) => {
  const message = `${attachment.name} was garbage collected while it was running, and is closed now: call close() or terminate(), or write \`await using\``;
  process.emitWarning(message, { type: 'ResourceWarning', code: 'TWINPOOL_UNCLOSED' });
  attachment.close();
});
