/**
 * The faults that a worker pool has to survive, by number, as the project counts them: A worker deaths, B values, C user code outside of its
 * task, D starting, E time, cancelling, closing, F the program itself.
 *
 * The test that proves a number carries `[F-number]` in its title; where there is none, `why` says why not. That this table and the titles
 * agree is itself a test (packages/twinpool/test/faults/scenarios.test.ts).
 */
export interface Scenario {
  readonly number: number;
  readonly what: string;
  /** Why there is no test. */
  readonly why?: string | undefined;
}

const table: readonly (readonly [what: string, why?: string])[] = [
  // A. A worker dies
  ['process.exit(0): no success'],
  ['process.exit(7), run once'],
  ['SIGKILL from outside while it is busy'],
  ['killed while it is idle'],
  ['SIGSEGV, abort'],
  ['killed by the kernel for lack of memory'],
  ['the heap limit is reached'],
  ['an ArrayBuffer that cannot be had'],
  ['dies right after it has written its result'],
  ['dies in the middle of a result'],
  ['dies with tasks that it has not begun'],
  ['all die at once'],
  ['dies while everything is being closed'],
  ['dies while much is being written to it'],
  ['a task that kills every worker it meets'],
  ['a grandchild keeps the result channel open'],
  ['stopped by SIGSTOP'],
  ['a task closes our channel'],
  ['a task writes garbage to our channel'],
  ['an answer to no task, or a second one'],
  // B. Values
  ['arguments that cannot be sent'],
  ['arguments that cannot be read in the worker'],
  ['a result that cannot be sent'],
  ['a result that cannot be read here'],
  ['an error that cannot be sent'],
  ['throw null, undefined, 1, a text, a symbol, a function'],
  ['an error with class, code, fields, cause, errors'],
  ['instances, getters, null prototypes'],
  ['small Buffers carry their own bytes only'],
  ['a transfer list that cannot be'],
  ['what was moved is gone with the worker, and never retried'],
  ['a value that changes while its task waits'],
  ['more than maxPayloadBytes'],
  ['much data, a cancel and a terminate'],
  ['-0, NaN, undefined, holes, BigInt, cycles'],
  ['own __proto__ keys'],
  ['thenables'],
  ['getters that throw'],
  ['values with more paths than anybody can walk'],
  ['an input that throws'],
  // C. User code outside of its task
  ['an exception in a timer after the task has settled'],
  ['the same while another task runs'],
  ['an unhandled rejection after the task has settled'],
  ['an unhandled rejection of the running task'],
  ['timers and handles that are left'],
  ['globals replaced'],
  ['a flood on standard output'],
  ['grandchildren'],
  ['pools in tasks of pools'],
  ['a task module that builds a pool when it is imported'],
  // D. Starting
  ['a module that is not there, or throws'],
  ['an export that is not there, or no function'],
  ['an import that never ends'],
  ['an initializer that throws'],
  ['an initializer that hangs'],
  ['an initializer that fails in one worker'],
  ['workers that die before they are ready'],
  ['no descriptors, no memory'],
  ['flags that Node refuses'],
  ['a program with an inspector'],
  ['a program with preloads'],
  ['a program without the permission to start workers'],
  // E. Time, cancel, close
  ['the wait for a result is over'],
  ['taskTimeout of an endless loop'],
  ['taskTimeout of a native call'],
  ['a waiting task is cancelled'],
  ['a running task is aborted'],
  ['a cancel races with the result'],
  ['an aborted signal; one signal on many tasks'],
  ['a task that cleans up when it is aborted'],
  ['close with a full queue'],
  ['shutdown({ cancelFutures: true })'],
  ['shutdown({ wait: false }), then the end of the program'],
  ['terminate, killWorkers'],
  ['terminate from a callback'],
  ['close and terminate in every order; join too early'],
  ['a callback throws'],
  ['submitting from callbacks, deeply'],
  ['maxTasksPerChild with a queue and a shutdown'],
  ['idleTimeout races with a new task'],
  ['resizing', 'the contract has no resizing: a pool has the workers it was made with'],
  ['the wall clock jumps'],
  ['time limits of Infinity, 1e10, 0, -1, NaN, a text'],
  ['a consumer leaves its loop'],
  ['an endless input and a slow consumer'],
  // F. Parent and program
  ['the program is killed, its workers idle'],
  ['the program is killed, its workers in a loop'],
  ['the program exits or throws'],
  ['Ctrl-C'],
  ['a pool that is never closed'],
  ['nothing but open work keeps the program alive'],
  ['a million tasks', 'a run of minutes with a figure: `npm run chaos -- s2`'],
  ['futures dropped before they settle'],
  ['the queue is full'],
  ['a long queue, every task of it cancelled'],
  ['two facades share workers, and one of them ends'],
  ['both views of one task'],
  ['two copies of the package, another realm'],
];

export const scenarios: readonly Scenario[] = table.map(([what, why], at) => ({ number: at + 1, what, why }));
