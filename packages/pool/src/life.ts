/**
 * The life of one pool: whether it takes work, and how it ends.
 *
 *   running --close()--> closed --terminate()--> terminated
 *      '--------------terminate()-------------------^
 *
 * `close` and `terminate` make all the moves; there is no way back. Decides the errors of a pool that has ended. A pool, its views and its
 * iterators share one Life; it refuses to know them, and workers.
 */
import { PoolClosedError, PoolRunningError, PoolTerminatedError, TimeoutError } from '@twinpool/core';
import { Alarm, checkTimeout, type Seat, systemClock } from '@twinpool/core/facade';

export class Life {
  readonly seat: Seat;
  #state: 'running' | 'closed' | 'terminated' = 'running';
  #hasLeft = false;

  constructor(seat: Seat) {
    this.seat = seat;
    // They would be left idle if the pool were forgotten.
    if (seat.ownsWorkers) forgotten.register(this, seat, this);
  }

  get state(): 'running' | 'closed' | 'terminated' {
    return this.#state;
  }

  /** Throws PoolClosedError unless new work is taken, and NestedBootstrapError where its runtime may not start workers. */
  checkRunning(): void {
    if (this.#state !== 'running') {
      throw new PoolClosedError(`${this.seat.name} is not running: it was ${this.#state} and takes no new work; make another pool`);
    }
    if (!this.seat.isRuntimeOpen) {
      const owner = 'its WorkerRuntime was closed, or the facade it stands beside; make another one and another pool';
      throw new PoolClosedError(`${this.seat.name} is not running: ${owner}`);
    }
    this.seat.checkNesting();
  }

  close(): void {
    if (this.#state !== 'running') return;
    this.#state = 'closed';
    forgotten.unregister(this);
    this.seat.close();
  }

  /** `during`: what the end of open work is blamed on. */
  terminate(during: string): void {
    if (this.#state === 'terminated') return;
    this.#state = 'terminated';
    forgotten.unregister(this);
    void this.seat.terminate(new PoolTerminatedError(`${this.seat.name}: ${during}`));
  }

  async join(timeout?: number): Promise<void> {
    if (this.#state === 'running') {
      throw new PoolRunningError(`${this.seat.name} is still running: call close() or terminate() before join()`);
    }
    const ms = checkTimeout(timeout);
    const left = this.seat.leave().then(() => {
      this.#hasLeft = true;
    });
    if (this.#hasLeft || ms === Number.POSITIVE_INFINITY) return left;
    const error = () => new TimeoutError(`${this.seat.name} had not ended after ${Math.max(0, ms)} ms; its work goes on, join it again`);
    if (ms <= 0) throw error();
    let alarm: Alarm | undefined;
    const late = new Promise<never>((_, reject) => {
      alarm = new Alarm(systemClock, () => reject(error()), { keepsAlive: true, standsStill: true });
      alarm.set(ms);
    });
    return Promise.race([left, late]).finally(() => alarm?.stop());
  }
}

/** As CPython does, a pool that nobody can reach any more is reported; unlike CPython, what it had accepted still finishes. */
const forgotten = new FinalizationRegistry<Seat>((seat) => {
  const message = `${seat.name} was forgotten while it was running, and is closed now: call close() or terminate(), or write \`await using\``;
  process.emitWarning(message, { type: 'ResourceWarning', code: 'TWINPOOL_UNCLOSED' });
  seat.close();
});
