/**
 * Limits the time of a worker's finalizer, and says what follows when the time is over.
 *
 *   not begun --begin--> running --the worker is gone--> over
 *                           '--its time is over--> the worker is ended           hurry: it has less time from now on
 *
 * It does not know how a finalizer is run, nor why the worker ends.
 */
import { TimeoutError } from '../errors.ts';
import { Alarm, type Clock } from '../primitives/clock.ts';
import type { WorkerSetup } from '../wire/messages.ts';

export interface FinalizingActions {
  /** The finalizer has exceeded the time that its option gives. */
  lateError(error: unknown): void;
  /** Ends the worker. */
  kill(): void;
}

export class Finalizing {
  readonly #clock: Clock;
  readonly #setup: WorkerSetup;
  readonly #alarm: Alarm;
  #state: 'not begun' | 'running' | 'over' = 'not begun';
  #isHurried = false;
  #limit = 0;
  #due = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, setup: WorkerSetup, actions: FinalizingActions) {
    this.#clock = clock;
    this.#setup = setup;
    const stop = () => {
      if (!this.#isHurried) actions.lateError(this.#lateError());
      actions.kill();
    };
    this.#alarm = new Alarm(clock, stop, { standsStill: true });
  }

  get isRunning(): boolean {
    return this.#state === 'running';
  }

  /** The worker is asked to end. Returns whether it runs its finalizer, which may take `ms`. `isHurried`: not the whole time that its option gives. */
  begin(ms: number, isHurried: boolean): boolean {
    if (this.#setup.finalizer === undefined || ms <= 0) return false;
    this.#state = 'running';
    this.#isHurried = isHurried;
    this.#limit = ms;
    this.#set(ms);
    return true;
  }

  /** From now on the finalizer has at most `ms`. */
  hurry(ms: number): void {
    if (!this.isRunning || this.#clock.now() + ms >= this.#due) return;
    this.#isHurried = true;
    this.#set(ms);
  }

  /** The worker is gone. */
  ended(): void {
    this.#state = 'over';
    this.#alarm.stop();
  }

  #set(ms: number): void {
    this.#due = this.#clock.now() + ms;
    this.#alarm.set(ms);
  }

  #lateError(): TimeoutError {
    const { workerId, finalizer } = this.#setup;
    const text = `the finalizer '${finalizer?.name}' took longer than finalizerTimeout (${this.#limit} ms); worker ${workerId} was ended`;
    return new TimeoutError(text);
  }
}
