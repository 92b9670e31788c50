/** Part D of the conformance table: known defects and limits of CPython's two pools. One line is one row (rows.ts). */
export const DEFECT_ROWS = `
## Defects: multiprocessing.Pool
D-1 | better | a worker that dies takes its task with it: nobody is ever told | the task fails at once with WorkerLostError, and the pool goes on |
D-2 | better | sys.exit() in a task hangs its job | WorkerLostError with the exit code |
D-3 | better | a failing initializer starts workers without end, silently | the pool is broken, with the initializer's error as the cause |
D-4 | better | a callback that raises hangs everything | its error becomes the result |
D-5 | better | what is open at terminate(), or when the block is left, never resolves | PoolTerminatedError |
D-6 | better | terminate() in a callback deadlocks | it may be called there |
D-7 | better | terminate() may hang | bounded: SIGKILL after killGrace |
D-8 | better | a result or an error that cannot be rebuilt here hangs the pool | fails its own job only |
D-9 | better | imap reads its whole input ahead | a bounded window |
D-10 | better | imap with buffersize, half read, then close() and join(): a deadlock | join() lifts the window of a synchronous input, and comes to an end |
D-11 | better | map copies an input without a length before it starts | async inputs are read while tasks run, a bounded way ahead |
D-12 | better | wrong lengths and chunksizes hang, or give a list of None | what was iterated counts; bad numbers are refused |
D-13 | better | one failing item loses its chunk, and ends an imap with chunks | outcomes are per item |
D-14 | better | map tells an error late, and which one depends on time | the first by input order; failFast tells it at once |
D-15 | better | maxtasksperchild may block under load, and counts chunks | workers rotate under load without a halt, and calls are counted |
D-16 | better | join() has no time limit | join(timeout) |
D-17 | better | pools cannot be nested | they can, ten deep |
D-18 | better | hangs and leaks when a pool is not closed | nothing hangs: a forgotten pool is reported, finished and ended |
D-19 | better | Ctrl-C leaves hanging workers | workers have process groups of their own and end with the program |
D-20 | better | when the program is killed its workers live on | they end by themselves |
D-21 | better | no cancelling, and no time limit that stops the work | cancel(), signal and taskTimeout |
D-22 | better | terminate() of a ThreadPool stops no thread | it ends them |
D-23 | better | more than 60 processes fail on Windows | no such limit |
D-24 | better | everything is copied through one pipe with one lock | a channel for each worker; threads take moved buffers and shared memory |

## Defects: concurrent.futures
D-30 | better | one dead worker ruins the executor | only its task fails |
D-31 | better | BrokenProcessPool does not say why | exitCode, signal, workerId, taskName, and an error for each future |
D-32 | better | the error of an initializer is only logged | it is the cause |
D-33 | better | wait() and as_completed() hang on cancelled futures | cancelled is done |
D-34 | better | shutdown(wait=False) with processes hangs at the end of the program | the program ends when the work has |
D-35 | better | max_tasks_per_child: deadlocks and stranded work before 3.15 | workers are replaced while work waits |
D-36 | better | deadlocks by many submits, crashes with large data, cancel and shutdown | none of them |
D-37 | better | fork with threads deadlocks | nothing is forked: a worker is a new Node.js |
D-38 | better | submitting while the module of the task is being imported deadlocks | a module that is still being evaluated may submit its own functions |
D-39 | better | errors whose constructor wants more arguments break the executor | errors are rebuilt without their constructors |
D-40 | better | Executor.map reads everything at the call; buffersize since 3.14 | buffersize, and a window by default for async inputs |
D-41 | better | the map iterator ends at the first error, and takes a task's TimeoutError for its own | onError: 'continue'; a task's TimeoutError is the task's |
D-42 | better | a dropped iterator cancels the rest | only leaving it does |
D-43 | better | map with buffersize is cut short by a shutdown | an error after what was accepted |
D-44 | better | tasks nobody runs yet are RUNNING and cannot be cancelled | little is handed over ahead of need |
D-45 | better | a running task cannot be stopped alone | signal and taskTimeout end it, and no neighbour |
D-46 | better | waiting in a task for its own executor deadlocks | a task may use an executor of its own; its caller's cannot be sent to it, and the refusal says so |
D-47 | better | a BaseException in a callback hangs the executor | it is reported, and harms nothing |
D-48 | better | the end of the program waits for executors that were shut down | shutdown({ timeout }) bounds it |
D-49 | better | falsy errors count as success before 3.14 | they are errors |
D-50 | better | wait and as_completed lock every future | a count, and no locks |
D-51 | better | about 110 µs a task, chunks only by hand | short tasks travel together by themselves |
D-52 | better | threads ignore chunksize; no idle shrinking, no priorities, no figures | chunksize, idleTimeout, priority, stats() for both kinds |
D-53 | better | 61 workers at most on Windows | no such limit |
D-54 | better | causes and fields of an error become text | cause, fields and AggregateError.errors arrive as they were |
`;
