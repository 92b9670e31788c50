/** Implements `context()` for one running task. The runner creates it only when the task asks for it or is asynchronous. */
import { InvalidStateError } from '../errors.ts';
import type { Answers } from './answers.ts';
import type { Identity } from './ownership.ts';
import type { TaskContext } from './task-context.ts';
import type { WorkerTransport } from './transport.ts';

/** `AbortSignal.prototype.aborted`, before any task can have replaced it. */
const nativeAborted = Object.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as (this: AbortSignal) => boolean;
const nativeThrow = AbortSignal.prototype.throwIfAborted;

export class RunningTask implements TaskContext {
  readonly workerId: number;
  readonly workerIndex: number;
  readonly workerName: string;
  readonly kind: TaskContext['kind'];
  readonly workerData: unknown;
  isOver = false;
  readonly #transport: WorkerTransport;
  readonly #answers: Answers;
  readonly #slot: number;
  readonly #sequence: number;
  readonly #place: number;
  #controller: AbortController | undefined;

  /** The task is at `place` of message `sequence` of its slot. */
  constructor(
    transport: WorkerTransport,
    answers: Answers,
    { workerId, workerIndex, workerName, workerData }: Identity,
    { slot, sequence, place }: { readonly slot: number; readonly sequence: number; readonly place: number },
  ) {
    this.workerId = workerId;
    this.workerIndex = workerIndex;
    this.workerName = workerName;
    this.kind = transport.kind;
    this.workerData = workerData;
    this.#transport = transport;
    this.#answers = answers;
    this.#slot = slot;
    this.#sequence = sequence;
    this.#place = place;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    const { signal } = controller;
    const look = () => {
      if (!nativeAborted.call(signal) && this.#transport.isAborted(this.#slot, this.#sequence, this.#place)) controller.abort();
    };
    // Own members hide those of the prototype: a synchronous task that reads them sees an abort that no event could deliver.
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
    if (this.isOver) throw new InvalidStateError('report() was called after the task had ended, or after its time limit');
    this.#answers.report(value);
  };

  abort(): void {
    // Also creates the signal: code that asks for it later finds it aborted.
    void this.signal;
    this.#controller?.abort();
  }
}
