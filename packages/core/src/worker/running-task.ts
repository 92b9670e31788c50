/** The context of one running task; made only when the task asks for it or is asynchronous. */
import { InvalidStateError } from '../errors.ts';
import type { WorkerSetup } from '../wire/messages.ts';
import type { Answers } from './answers.ts';
import type { TaskContext } from './task-context.ts';
import type { FarEnd } from './transport.ts';

/** `AbortSignal.prototype.aborted`, before any task can have replaced it. */
const nativeAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as (this: AbortSignal) => boolean;
const nativeThrow = AbortSignal.prototype.throwIfAborted;

export class RunningTask implements TaskContext {
  readonly workerId: number;
  readonly workerName: string;
  readonly kind: 'thread' | 'process';
  readonly workerData: unknown;
  over = false;
  readonly #far: FarEnd;
  readonly #answers: Answers;
  readonly #sequence: number;
  readonly #place: number;
  #controller: AbortController | undefined;

  constructor(far: FarEnd, answers: Answers, setup: WorkerSetup, workerData: unknown, sequence: number, place: number) {
    this.workerId = setup.workerId;
    this.workerName = setup.workerName;
    this.kind = far.kind;
    this.workerData = workerData;
    this.#far = far;
    this.#answers = answers;
    this.#sequence = sequence;
    this.#place = place;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    const { signal } = controller;
    const look = () => {
      if (!nativeAborted.call(signal) && this.#far.isAborted(this.#sequence, this.#place)) controller.abort();
    };
    // Own members over the prototype's: a synchronous task that looks sees an abort that no event could have brought it.
    Object.defineProperty(signal, 'aborted', {
      configurable: true,
      get: () => {
        look();
        return nativeAborted.call(signal);
      },
    });
    Object.defineProperty(signal, 'throwIfAborted', {
      configurable: true,
      value: () => {
        look();
        nativeThrow.call(signal);
      },
    });
    this.#controller = controller;
    look();
    return signal;
  }

  readonly report = (value: unknown): void => {
    if (this.over) throw new InvalidStateError('report() was called after the task had ended');
    this.#answers.report(value);
  };

  abort(): void {
    // Also when nobody has asked for the signal yet: who asks later finds it aborted.
    void this.signal;
    this.#controller?.abort();
  }
}
