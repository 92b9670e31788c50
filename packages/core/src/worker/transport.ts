/** What a worker's transport offers to the code that runs tasks: worker/thread.ts and worker/process.ts implement it. */
import type { Message } from '../wire/messages.ts';
import type { TransportCapabilities } from '../wire/sendability-check.ts';

export interface FarEnd {
  readonly kind: 'thread' | 'process';
  readonly medium: Omit<TransportCapabilities, 'maxPayloadBytes'>;
  /** How this end waits for messages; goes out with every answer. */
  readonly mode: number;
  /** Takes the next tasks of a message for this worker, up to `most`: how many. None when they were taken back, with all behind them. */
  claim(slot: number, most: number): number;
  /** Throws when the message cannot be sent; then nothing was. */
  send(message: Message, transfer?: readonly unknown[]): void;
  /** A task or a load is under way that only the event loop can finish: it must keep turning. */
  keepTurning(): void;
  /** Nothing runs and nothing waits, after work of so many ms. */
  idle(busyFor: number): void;
  /** Whether this task's signal is aborted, as far as it can be seen without a turn of the loop. */
  isAborted(sequence: number, place: number): boolean;
}
