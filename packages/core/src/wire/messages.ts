/**
 * The shapes of the messages between a lane and its worker: plain arrays that begin with a kind, the same for threads and processes.
 *
 * To the worker:
 *   [INIT, setup]                        the first message, sent once
 *   [DEFINE, id, descriptor]             a task function, before its first task; the only message that may carry source text
 *   [TASKS, sequence, cell, runs, slot, moved]
 *                                        runs: a flat list, RUN_FIELDS fields per run. moved: values of it were moved, so its tasks run here or nowhere
 *   [SEPARATE_VALUE, packed]             a value that cannot be part of another message; before the message that uses it, in both directions
 *   [VALUE_OF, slot]                     several slots: the next SEPARATE_VALUE is one of this slot; in both directions
 *   [ABORT, sequence, place, slot, final]
 *                                        abort the signal of that task if it runs. final: the program has settled the task, which reports no more
 *   [PING]                               answer at once
 *   [PIECE, id, position, total, end, reusable]
 *                                        processes, in both directions: the bytes of buffer `id` up to `end` of `total` are in the file of this direction,
 *                                        from `position` on. end 0: the buffer is given up. reusable: it may be read into memory that is used again
 *   [SPACE, taken, bytes, rests]         processes: the buffers of results up to `taken` were read, and results may use that many bytes of their file.
 *                                        rests: the files are empty, and no memory need be kept
 *   [MAIL]                               processes, in both directions: a frame that was sent before this one lies in the mailbox (mailbox.ts)
 *   [RELEASE]                            no task came for a while: wait in the event loop, not in a blocking read
 *   [FORGET, ids]                        task functions without a task in this worker; a function that is used again is defined again
 *   [RETIRE, finalizes]                  end: no more work follows. finalizes: the finalizer runs first (the only case in which processes get it)
 * From the worker:
 *   [PRELOADED]                          the preloaded modules are loaded; sent only if an initializer follows
 *   [READY, memory] | [INIT_FAILED, thrown, whether the initializer threw it]
 *   [ANSWER, count, values, specials | undefined, segments, acknowledged, mode, slot, memory]
 *                                        outcomes of the next `count` unanswered tasks of the slot, in the order in which they were sent. memory: bytes that
 *                                        the worker uses, now and then; above its limit a worker with one slot has taken its last task, but for those of
 *                                        messages with moved values
 *   [ACKNOWLEDGED, sequence, slot]       threads: the worker has read all messages of the slot up to this one, and their remaining tasks were taken back
 *   [LOADED, id]                         the task function can be called; before its first answer
 *   [STARTED, slot]                      the next unanswered task has begun (sent only for tasks with the flag TIMED)
 *   [REPORT, form, value, slot]          a report of the running task
 *   [LATE, thrown, fatal, running, slots, retires]
 *                                        an error that is not the outcome of a task. fatal: the worker ends; running: a task ends with the worker;
 *                                        slots: in several slots, those in which a task ends with it; retires: the worker must get no more tasks
 *   [EXITING, running, slots]            the worker ends by its own decision. running: a task ends with it
 *   [PONG]                               to each PING
 *   [OUTPUT, stream, chunk, encoding]    threads: a write to `stdout` or `stderr`. encoding: set if the chunk is text
 *   [INSPECTED, url]                     processes: the address for debuggers, `undefined` if it could not be opened; once, before anything else
 *   [SPACE, bytes]                       processes: a result would have needed that many bytes of the file. 0: the worker did not get the files
 *   [MODE, mode, received]               processes: how the worker waits, and the number of the last frame that it has read
 * A worker has one slot or several (`concurrentTasksPerWorker`), each with a queue of its own and with its own count of messages. A message names its
 * slot in a field that is absent for slot 0: with one slot no message has such a field.
 * Invariant: answers of one slot never overtake each other, so a task is known by its slot and place and needs no number in a message.
 * This file does not know how a message travels.
 */
import type { PreloadModule } from '../tasks/definition/preload-module.ts';
import type { TaskDescriptor } from '../tasks/definition/task-descriptor.ts';

export const INIT = 1;
export const DEFINE = 2;
export const TASKS = 3;
export const SEPARATE_VALUE = 4;
export const ABORT = 5;
export const RELEASE = 6;
export const RETIRE = 7;
export const FORGET = 8;
export const PING = 9;
export const VALUE_OF = 10;
export const PIECE = 25;
export const SPACE = 26;
export const MAIL = 27;

export const READY = 11;
export const INIT_FAILED = 12;
export const ANSWER = 13;
export const STARTED = 14;
export const REPORT = 15;
export const LATE = 16;
export const MODE = 17;
export const EXITING = 18;
export const LOADED = 19;
export const OUTPUT = 20;
export const ACKNOWLEDGED = 21;
export const PRELOADED = 22;
export const PONG = 23;
export const INSPECTED = 24;

export type Message = readonly [kind: number, ...fields: unknown[]];

/** The number of fields of a run. A run is a list of tasks in one message that share everything except their items. */
export const RUN_FIELDS = 5;
/**
 * The offsets of the fields of a run: function id, flags, expected µs per task (0: unknown or long), items, specials. Where the items lie in memory that
 * the threads share, a Float64Array in such memory stands for the specials: the worker writes results that are numbers there.
 */
export const RUN_FN = 0;
export const RUN_FLAGS = 1;
export const RUN_EXPECT = 2;
export const RUN_ITEMS = 3;
export const RUN_SPECIALS = 4;

/** A flag of a run: each item is a list of arguments, not the only argument. */
export const ARGUMENT_LISTS = 1;
/** A flag of a run: the worker sends STARTED when a task of it begins, because the task has a time limit, or because a process has several slots. */
export const TIMED = 2;
/** A flag of a run: all its tasks are of one call, so several of them may be claimed together, and may be lost together. */
export const SAME_CALL = 4;
/** With ARGUMENT_LISTS, from this bit on: the number of arguments per task if the items are one flat list; 0 if each item is a list. */
export const ARITY_SHIFT = 8;

/**
 * Specials describe the items of a list that are not plain values: [place, kind, payload, place, kind, payload, ...].
 * The list itself has `undefined` at these places.
 */
export const SPECIAL_FIELDS = 3;
/** Segments are the measurements of an ANSWER: [function, runs, microseconds, function, ...]; a function is in it once. */
export const SEGMENT_FIELDS = 3;
/** The payload is a packed value. */
export const AS_BYTES = 1;
/** The value arrived before, in a SEPARATE_VALUE message. */
export const AS_SEPARATE = 2;
/** The payload is a stored value: its large buffers came in pieces before. */
export const AS_STORED = 5;
/** An outcome: the task threw. The payload is an encoded error. */
export const AS_THROWN = 3;
/** An item: nothing is to be run, because the program has settled the task already. */
export const AS_SKIP = 4;

/** How a worker waits for messages. */
export const BLOCKING = 0;
export const LOOPING = 1;

/** `isFinal`: the program has settled the task. */
export function abortMessage(slot: number, sequence: number, place: number, isFinal: boolean): Message {
  if (isFinal) return [ABORT, sequence, place, slot, true];
  return slot === 0 ? [ABORT, sequence, place] : [ABORT, sequence, place, slot];
}

/** One value: 0 (plain) or AS_BYTES, and its payload. */
export type PackedValue = readonly [kind: number, payload: unknown];

/** Where a debugger attaches to a worker process, and whether the worker waits for one. */
export interface InspectorSetup {
  readonly port: number;
  readonly wait: boolean;
}

/** The content of the first message to a worker. */
export interface WorkerSetup {
  readonly workerId: number;
  readonly workerIndex: number;
  readonly workerName: string;
  /** The working directory of a process that was started in another one, so that its flags mean the same as in the program. */
  readonly cwd?: string | undefined;
  readonly kind: string;
  /** Processes that a debugger attaches to. */
  readonly inspector?: InspectorSetup | undefined;
  /** The number of runtimes above the worker; 1 for a worker of the main program. */
  readonly depth: number;
  readonly workerData: PackedValue;
  /** The modules that the worker imports first. */
  readonly preload: readonly PreloadModule[];
  readonly initializer: TaskDescriptor | undefined;
  readonly initargs: PackedValue;
  readonly finalizer: TaskDescriptor | undefined;
  readonly finalargs: PackedValue;
  readonly maxPayloadBytes: number;
  /** Bytes after which the worker takes no further task; `undefined`: no limit. */
  readonly maxMemory: number | undefined;
  /** The most ms that the module of a task may take to load; Infinity: no limit. */
  readonly startTimeout: number;
  /** Before it sleeps, the worker polls for the next message for a moment. */
  readonly polls: boolean;
  /** Processes: fd 8 is the mailbox. */
  readonly hasMailbox?: boolean | undefined;
  /** Tasks that may be in progress at once; absent: one. */
  readonly slots?: number | undefined;
  /** Processes that have files for large buffers: the bytes of theirs that results may use. */
  readonly bufferSpace?: number | undefined;
}
