/** Declares what the runner needs from the worker's side of a transport. worker/thread.ts, worker/process.ts and lanes/inline-transport.ts implement it. */
import type { BufferSource } from '../wire/buffer-passing.ts';
import type { Message } from '../wire/messages.ts';
import type { TransportCapabilities } from '../wire/sendability-check.ts';
import type { TaskContext } from './task-context.ts';
import type { UsedMemory } from './used-memory.ts';

/** Buffers of arguments, of which some lie in memory that is used again. */
export interface LentBuffers extends BufferSource {
  /** The task that had them has ended, and its outcome was sent. */
  giveBack(lent: readonly ArrayBuffer[]): void;
}

export interface WorkerTransport {
  readonly kind: TaskContext['kind'];
  readonly capabilities: Omit<TransportCapabilities, 'maxPayloadBytes'>;
  /** How this worker waits for messages. Every answer contains it. */
  readonly mode: number;
  /** The bytes of memory that this worker uses. */
  readonly memory: UsedMemory;
  /** Arguments' buffers that arrive outside of messages. Absent: there are none. */
  readonly buffers?: LentBuffers | undefined;
  /** Claims up to `most` of the next tasks of a message and returns their number. 0: the program took them back, and all tasks after them. */
  claim(cell: number, most: number): number;
  /** Gives the claim of the task of a message back that was claimed last and has not begun. */
  unclaim(cell: number): void;
  /** Sends a message. If it throws, nothing was sent. */
  send(message: Message, transfer?: readonly unknown[]): void;
  /** A task or a load needs the event loop to finish: the worker must not block. `takesMore`: it reads further messages meanwhile. */
  keepTurning(takesMore: boolean): void;
  /** No task runs or waits. `busyFor`: ms of work since the last wait. */
  idle(busyFor: number): void;
  /** Whether the signal of this task is aborted, as far as that is visible without a turn of the event loop. */
  isAborted(slot: number, sequence: number, place: number): boolean;
  /** Ends this worker. */
  exit(code: number): void;
}
