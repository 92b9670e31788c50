/** Part A of the conformance table, the pool: `multiprocessing.Pool`, its results and its iterators. One line is one row (rows.ts). */
export const POOL_ROWS = `
## Pool: making one
P-NEW-1 | adapted | Pool(processes, initializer, initargs, maxtasksperchild); all may be given by name or by position | new Pool(processes) or one object of options: processes, initializer, initargs, maxTasksPerChild and what core adds |
P-NEW-2 | adapted | the default is the number of usable CPUs (affinity counts since 3.13) | cpuCount(): \`TWINPOOL_CPU_COUNT\`, else the affinity and the CPU quotas of all cgroups on the path. Node's availableParallelism() ignores quotas on Node 20, and on Node 24 in some layouts | pool/construction#default size is cpuCount()
P-NEW-3 | adapted | fewer than one process is a ValueError, a text or a fraction a TypeError (some of it late); True counts as 1 | RangeError for 0, -1, 1.5 and NaN, TypeError for a boolean or a text, at once | B-170, pool/construction#a bad number is a RangeError
P-NEW-4 | adapted | maxtasksperchild is None or a positive int, else ValueError; True passes | a whole number of 1 or more, else OptionsError; true is refused | B-187
P-NEW-5 | adapted | an initializer that cannot be called is a TypeError; the first bad argument is the one reported | OptionsError that lists every bad option at once | B-189, pool/construction#a bad number is a RangeError
P-NEW-6 | same | the initializer runs once in each worker, replacements included, before its first task | the same; it may be asynchronous | B-189, pool/lifecycle#the initializer runs in every worker
P-NEW-7 | adapted | all workers are started inside the constructor; if one fails, the others are ended and the error is raised | all workers are started at once, but a start takes its time; starts that go on failing break the pool with the cause | B-190
P-NEW-8 | adapted | daemonic processes called PoolWorker-N, and three helper threads | a worker has a number and a name (workerId, workerName), the pool a name; no helper threads | pool/lifecycle#each worker is a worker of its own
P-NEW-9 | adapted | maxtasksperchild counts chunks | maxTasksPerChild counts calls, exactly | B-185, pool/lifecycle#maxTasksPerChild counts calls, exactly
P-NEW-10 | better | ThreadPool takes no maxtasksperchild | ThreadPool takes every option that Pool takes, as far as threads can honour it | pool/lifecycle#maxTasksPerChild counts calls, exactly
P-NEW-11 | not applicable | multiprocessing.dummy.Pool is another name of ThreadPool | there is no module of substitutes; ThreadPool is imported by its name |
P-NEW-12 | adapted | the module exports Pool and ThreadPool; results, iterators and errors hide in multiprocessing.pool, and its TimeoutError is one of its own | everything a user meets is exported from the one door, and TimeoutError is the same class in both APIs | pool/exports#the exports
P-NEW-13 | adapted | repr shows state and size | util.inspect shows kind, state (CPython's words), size and open work | pool/lifecycle#shows its size, its state and its open work

## Pool: its life
P-LIFE-1 | same | close() takes no new work, lets the accepted work end, may be called again | the same | pool/lifecycle#what was accepted finishes, new work is refused
P-LIFE-2 | adapted | terminate() drops what waits, sends SIGTERM, never SIGKILL, and waits for the workers; may be called again | the state changes at the call; SIGTERM, and SIGKILL after killGrace; join() tells the end | B-171, pool/lifecycle#is allowed after close
P-LIFE-3 | better | what is open at terminate() never becomes ready: get() hangs | it rejects with PoolTerminatedError at once | D-5, pool/lifecycle#rejects everything open with PoolTerminatedError, at once
P-LIFE-4 | adapted | join() of a running pool is a ValueError; else it blocks, without a time limit | a promise: PoolRunningError while it runs; a time limit may be given | pool/lifecycle#rejects while the pool runs, pool/lifecycle#resolves when all has ended, D-16
P-LIFE-5 | same | any method that takes work raises ValueError at the call once the pool is not running | PoolClosedError: thrown where a handle or an iterator is returned, a rejection where a promise is | B-173, pool/lifecycle#what was accepted finishes, new work is refused
P-LIFE-6 | same | leaving \`with\` calls terminate(); entering it checks that the pool runs | leaving \`await using\` or use() terminates and joins; open handles reject and say why | B-173, B-178, pool/lifecycle#disposal terminates, joins
P-LIFE-7 | adapted | a pool cannot be pickled: NotImplementedError | a pool cannot be sent to a task: TaskSerializationError that names it | pool/apply#a pool cannot be sent
P-LIFE-8 | adapted | a running pool that is garbage-collected gives a ResourceWarning | the same warning (TWINPOOL_UNCLOSED); what it had accepted still finishes | B-179, pool/programs#a running pool that is forgotten
P-LIFE-9 | adapted | at the interpreter's exit the pool is terminated and pending work is lost | open work keeps the program alive until it is done; an idle pool does not; workers end with the program | B-188, pool/programs#open work keeps the program alive
P-LIFE-10 | better | the task of a worker that dies is lost and its result never comes; the worker is replaced | that task fails with WorkerLostError (exit code, signal, worker); the worker is replaced | D-1, pool/options#fails what it ran, and nothing else
P-LIFE-11 | better | a task may not have processes of its own (daemonic) | a task may make a pool of its own, ten deep at most | D-17, pool/programs#a task may use a pool of its own
P-LIFE-12 | better | a failing initializer makes workers start and end without end, and nobody is told | the pool is broken in bounded time; what waits fails with the initializer's error as the cause | D-3, pool/lifecycle#an initializer that fails breaks the pool
P-LIFE-13 | better | terminate() of a ThreadPool cannot stop its threads | the threads are ended | D-22, B-171

## Pool: apply and map
P-APP-1 | adapted | apply(func, args, kwds) blocks for the result | apply(fn, args?, options?) is a promise of it; arguments by position only | B-155, pool/apply#gives what the function returns
P-APP-2 | adapted | apply_async(func, args, kwds, callback, error_callback) | applyAsync(fn, args?, { callback, errorCallback, signal, … }) | B-164, B-183
P-APP-3 | adapted | what is no function fails in the worker, as the result | TaskSerializationError as the result, without a worker | pool/apply#what cannot be a task is the outcome
P-APP-4 | same | what cannot be pickled is the error of that job, and the pool goes on | what cannot be sent is TaskSerializationError of that job, naming the path inside the value | B-161, pool/apply#what cannot be a task is the outcome
P-MAP-1 | adapted | map and starmap with chunksize; the async forms with callback and error_callback | the same names in camelCase, with an object of options or a bare chunksize | B-156, B-157, B-159
P-MAP-2 | same | an input without a length is read to its end by the caller, and what it raises is raised by the call | a synchronous input is read at the call, and what it throws rejects the map; async inputs too, read in a window | B-163, pool/map#passes an error of the input on
P-MAP-3 | same | the default chunk is a quarter of an even share, rounded up | the same at most; what is measured may make it smaller | pool/map#defaultChunksize
P-MAP-4 | better | a chunksize below 1 gives a list of None and runs nothing; a fraction hangs | RangeError, or TypeError for what is no number | D-12, B-162, pool/map#chunksize: a bad number
P-MAP-5 | same | an empty input is ready at once, [], and calls no callback | the same | B-162, B-172, pool/map#of an empty input is ready at once
P-MAP-6 | same | results come in input order; a dict gives its keys | results come in input order; a Map gives its entries, as JavaScript iterates it | B-156, pool/map#takes any iterable
P-MAP-7 | adapted | map waits for every task; the error is that of the first chunk to fail, and the rest of that chunk is not run | map waits for every task; the error is the first by input order, and every item is run | B-176, D-14, pool/map#rejects with the first error by input order
P-MAP-8 | better | an input with a length whose iterator raises sends its error through a worker | the error of an input never travels: the map rejects with the very object | B-163, pool/map#passes an error of the input on
P-MAP-9 | better | a length that is wrong hangs the map, or leaves gaps in the list | a length is never believed; what was iterated counts | D-12, pool/map#counts what was iterated
P-MAP-10 | better | the whole input is turned into messages ahead of the workers | tasks are cut from the input when a worker takes them | pool/map#chunks travel together

## Pool: AsyncResult
R-1 | same | ready(): whether there is an outcome | the same | pool/apply#ready and successful
R-2 | same | successful() before there is one is a ValueError | NotReadyError | pool/apply#ready and successful
R-3 | same | wait(timeout) returns None, whatever happened | a promise of nothing; it never rejects because of the task | pool/apply#wait resolves at the timeout
R-4 | same | get(timeout) gives the value, raises the task's error, or TimeoutError; 0 and less look once | the same, in milliseconds | B-165, pool/apply#get past its timeout rejects
R-5 | same | get() may be asked again, and raises the same object | the same | pool/apply#every question gets the same error
R-6 | better | no cancel(), no state but ready and successful | cancel() and exception() as well; wait() and asCompleted() of the executor take it | D-21, pool/apply#cancel: true if and only if
R-7 | same | callbacks run before the result is ready | the same | pool/apply#run once, before the result is ready
R-8 | same | callback on success only, error_callback on failure only; of a map once | the same | B-160, pool/map#calls back once
R-9 | better | a callback that raises kills the thread of results, and everything hangs; 3.16 makes its error the result | the rule of 3.16: its error becomes the result, with the task's as the cause | D-4, B-182, pool/apply#one that throws makes its error the result
R-10 | not applicable | default arguments that are lists are not changed | JavaScript makes defaults anew at each call |
R-11 | same | a result that cannot be pickled is MaybeEncodingError with exc and value; the worker lives | the same, a TaskSerializationError too; exc says where inside the value; the worker lives | B-184
R-12 | better | a result that cannot be rebuilt here kills the thread of results | only that job fails | D-8
R-13 | adapted | the error has its type, and the worker's traceback as a text in __cause__ | the error has its class and the worker's stack; its own cause survives as an object | B-174, pool/apply#rejects with the task's error, of its class
R-14 | better | SystemExit and KeyboardInterrupt in a task end the worker, and the job hangs | process.exit() in a task is WorkerLostError with the exit code | D-2, pool/options#fails what it ran, and nothing else
R-15 | same | references to arguments and results are dropped as soon as they are used | the same | B-177
R-16 | not applicable | AsyncResult[int] may be written | types are parameters in TypeScript |

## Pool: imap and its iterators
I-1 | same | imap(func, iterable, chunksize=1); less than 1 is a ValueError at the call | the same, RangeError for a bare number, OptionsError for an option | pool/imap#argument errors are thrown at the call
I-2 | better | with a chunksize above 1 it is a plain generator without next(timeout) | one class of iterator for every chunksize | B-166, pool/imap#a failing item rejects at its position
I-3 | adapted | imap in input order, imap_unordered in order of arrival; StopIteration, and again | async iterators: done, and done again | B-166, B-168, pool/imap#step by step, then done
I-4 | same | next(timeout): TimeoutError, and the iterator can be used further | the same, in milliseconds; a result is never lost to a time limit | pool/imap#one that is over loses nothing
I-5 | better | a failing item raises at its place; with a chunksize above 1 everything after it is lost | it rejects at its place and the iterator goes on, for every chunksize | D-13, pool/imap#a failing item rejects at its position
I-6 | better | the input is read ahead as far as the channel takes it: to the end, for threads | at most 1 024 items ahead of the consumer, or buffersize | D-9, pool/imap#an endless input works
I-7 | better | an error of the input comes at the start of its chunk; the good items of that chunk are lost | it comes after all good items, and ends the iteration | B-167, B-169, pool/imap#an error of the input comes after the good items
I-8 | adapted | what cannot be iterated raises at the first next() | TypeError at the call | pool/imap#argument errors are thrown at the call
I-9 | not applicable | how the iterator learns its length inside | internal |
I-10 | same | several consumers get each item once | several next() at once get consecutive results | pool/imap#concurrent calls get consecutive results
I-11 | better | an iterator that is left runs all its tasks | leaving cancels what has not started and closes the input | pool/imap#break, return and a throw in the body close the input, pool/imap#tasks that have not started never run
I-12 | better | after terminate() next() blocks for ever | it rejects with PoolTerminatedError | D-5, pool/imap-end#terminate rejects it with PoolTerminatedError
I-13 | same | 3.16: buffersize bounds what is ahead of the consumer; close() and join() on a half-read one deadlock | buffersize, with a default of 1 024; close() and join() come to an end | B-181, D-10, pool/imap#buffersize bounds what is ahead
`;
