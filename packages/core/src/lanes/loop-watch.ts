/**
 * Finds out whether the event loop of a worker is blocked, while a task in the worker must end and its neighbours should go on.
 *
 *   off --begin--> asked: PING --PONG--> answered --PAUSE, the task has not ended--> asked
 *    ^               |                      '--no task must end any more--> off
 *    |               '--no PONG for `patience`--> blocked: the lane ends the worker
 *    '--stop--------------------------------------'
 *
 * Time in which this program itself was blocked, or the worker was stopped, does not count. It does not know tasks.
 */
import { Alarm, type Clock } from '../primitives/clock.ts';

/** ms. The shortest patience: also a loop that serves its tasks well takes some time to answer. */
const LEAST_PATIENCE = 250;
/** ms between an answer and the next question. More: a loop that blocks later is found later. */
const PAUSE = 50;

export interface LoopWatchActions {
  /** Asks the worker. */
  ping(): void;
  /** Milliseconds, so far, for which the worker was stopped together with the program, or by a debugger. */
  stoppedFor(): number;
  /** A task in the worker must end and has not ended. */
  isNeeded(): boolean;
  blocked(): void;
}

export class LoopWatch {
  readonly #patience: number;
  readonly #actions: LoopWatchActions;
  readonly #alarm: Alarm;
  /** The stopped time before the question, or before the alarm was set the last time. */
  #stoppedBefore = 0;
  #state: 'off' | 'asked' | 'answered' = 'off';

  /** `patience`: ms in which a worker must answer. */
  constructor(clock: Clock, patience: number, actions: LoopWatchActions) {
    this.#patience = Math.max(patience, LEAST_PATIENCE);
    this.#actions = actions;
    this.#alarm = new Alarm(clock, () => this.#ring(), { standsStill: true });
  }

  /** A task must end. */
  begin(): void {
    if (this.#state === 'off') this.#ask();
  }

  answered(): void {
    if (this.#state !== 'asked') return;
    this.#state = 'answered';
    this.#alarm.set(PAUSE);
  }

  stop(): void {
    this.#state = 'off';
    this.#alarm.stop();
  }

  #ask(): void {
    this.#state = 'asked';
    this.#stoppedBefore = this.#actions.stoppedFor();
    this.#actions.ping();
    this.#alarm.set(this.#patience);
  }

  #ring(): void {
    if (this.#state === 'asked') this.#judge();
    else if (this.#actions.isNeeded()) this.#ask();
    else this.#state = 'off';
  }

  #judge(): void {
    const stoppedFor = this.#actions.stoppedFor() - this.#stoppedBefore;
    this.#stoppedBefore += stoppedFor;
    if (stoppedFor > 0) this.#alarm.set(stoppedFor);
    else this.#actions.blocked();
  }
}
