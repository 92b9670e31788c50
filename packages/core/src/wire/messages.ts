/**
 * The messages between a lane and its worker, the same for threads and processes: plain arrays, the kind first.
 *
 * Decides their shape and nothing else. To the worker:
 *   [INIT, setup]                        first and once
 *   [DEFINE, id, descriptor]             a task function, before its first task; the only message that may carry source text
 *   [TASKS, seq, slot, runs]             runs: RUN_FIELDS a run, flat
 *   [ALONE, value]                       an item that must travel by itself; before the TASKS (or ANSWER) that uses it
 *   [ABORT, seq, place]                  the signal of that task, should it run
 *   [RELEASE]                            nothing came for a while: wait in the event loop, not in a blocking read
 *   [FORGET, ids]                        task functions, none of which has a task here; one that is used again is defined again
 *   [RETIRE]                             end, there is no more work
 * From the worker:
 *   [READY, pid or thread id] | [INIT_FAILED, thrown]
 *   [ANSWER, count, values, specials | undefined, segments, acknowledged, mode]
 *                                        outcomes of the next `count` unanswered tasks, in the order in which they were sent
 *   [ACKNOWLEDGED, sequence]             threads: this message was read, and others before it, and all that was left of them had been taken back
 *   [LOADED, id]                         the task function can be called; before the first answer of it
 *   [STARTED]                            the next unanswered task has begun (sent only for tasks with a time limit)
 *   [REPORT, form, value]                of the task that runs
 *   [LATE, thrown, fatal, running]       an error that no task's outcome can carry; whether the worker, and a task, end with it
 *   [EXITING, running]                   the worker ends by its own decision; whether a task ends with it
 *   [OUTPUT, stream, chunk, encoding]    threads: what was written to `stdout` or `stderr`; encoding: of a chunk that is text
 *   [MODE, mode, received]               processes: how the worker waits, and the last frame it has read
 * Answers never overtake each other, so a task is known by its place and needs no number on the wire.
 */
import type { TaskDescriptor } from '../tasks/definition/task-descriptor.ts';

export const INIT = 1;
export const DEFINE = 2;
export const TASKS = 3;
export const SEPARATE_VALUE = 4;
export const ABORT = 5;
export const RELEASE = 6;
export const RETIRE = 7;
export const FORGET = 8;

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

export type Message = readonly [kind: number, ...fields: unknown[]];

/** A run: tasks of one function, in one message, that share everything but their items. */
export const RUN_FIELDS = 5;
/** Offsets of a run's fields: function id, flags, expected µs a task (0: alone), items, specials. */
export const RUN_FN = 0;
export const RUN_FLAGS = 1;
export const RUN_EXPECT = 2;
export const RUN_ITEMS = 3;
export const RUN_SPECIALS = 4;

/** Items are arrays of arguments. */
export const ARGUMENT_LISTS = 1;
/** Say STARTED when a task of this run begins. */
export const TIMED = 2;
/** All tasks of this run are of one call, so that some of them may be claimed together: they end together, if they must. */
export const SAME_CALL = 4;
/** With SPREAD, from this bit on: how many arguments each task has, where they lie one after the other; 0: a list of its own each. */
export const ARITY_SHIFT = 8;

/**
 * Specials name the places of a list that are not what they seem: [place, kind, payload, place, kind, payload, ...].
 * The list itself holds `undefined` there.
 */
export const SPECIAL_FIELDS = 3;
/** The payload is the value's own serialised bytes. */
export const AS_BYTES = 1;
/** The value came in an ALONE message before. */
export const AS_SEPARATE = 2;
/** An outcome: the task threw; the payload is an encoded error. */
export const AS_THROWN = 3;
/** An item: there is nothing to run, the parent has settled the task already. */
export const AS_SKIP = 4;

/** How a worker waits for messages. */
export const BLOCKING = 0;
export const LOOPING = 1;

/** One value in packed form: 0 (plain) or AS_BYTES, and its payload. */
export type PackedValue = readonly [kind: number, payload: unknown];

/** What a worker is told first. */
export interface WorkerSetup {
  readonly workerId: number;
  readonly workerName: string;
  /** Where a process goes that started elsewhere, so that its flags mean what they mean to the program. */
  readonly cwd?: string | undefined;
  readonly kind: string;
  /** How many runtimes are above it; 1 for a worker of the main program. */
  readonly depth: number;
  readonly workerData: PackedValue;
  readonly initializer: TaskDescriptor | undefined;
  readonly initargs: PackedValue;
  readonly maxPayloadBytes: number;
  /** ms that a task's module may take to load; Infinity: no limit. */
  readonly startTimeout: number;
}
