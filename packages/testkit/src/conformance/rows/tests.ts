/** Part B of the conformance table: CPython's own tests, each with what becomes of it here. One line is one row (rows.ts). */
export const TEST_ROWS = `
## CPython: test_concurrent_futures/executor.py
B-1 | same | \`test_submit\`: the result of a call | the same
B-2 | adapted | \`test_submit_keyword\`: keywords pass, also those called self and fn | no keywords: an object that looks like options reaches the task
B-3 | same | \`test_map\`: as the built-in map, with chunks and two inputs | the same
B-4 | adapted | \`test_map_exception\`: the results before it, the error, then the end; since 3.16 it goes on | onError: 'stop' and 'continue'
B-5 | adapted | \`test_map_timeout\`: TimeoutError after the results in time | the same, in milliseconds
B-6 | same | \`test_map_timeout_from_callable\`: a TimeoutError of the task is not the map's | the same
B-7 | adapted | \`test_map_close\`: close() ends it for good | return() does
B-8 | same | \`test_map_buffersize_type_validation\`: a wrong type is refused | the same, and true and NaN too: OptionsError
B-9 | adapted | \`test_map_buffersize_value_validation\`: 0 and less are a ValueError | OptionsError
B-10 | same | \`test_map_buffersize\`: any size gives the same results | the same
B-11 | same | \`test_map_buffersize_on_multiple_iterables\`: so with two inputs | the same
B-12 | same | \`test_map_buffersize_on_infinite_iterable\`: an endless input works | the same, async ones too
B-13 | same | \`test_map_buffersize_on_multiple_infinite_iterables\`: two endless inputs | the same
B-14 | same | \`test_map_buffersize_on_empty_iterable\`: the end at once | the same
B-15 | same | \`test_map_buffersize_without_iterable\`: the end at once | the same
B-16 | same | \`test_map_buffersize_when_buffer_is_full\`: exactly so many items are read | the same
B-17 | same | \`test_shutdown_race_issue12456\`: a shutdown right after a map does not hang | the same
B-18 | adapted | \`test_no_stale_references\`: what a task was given is collected after it | the same, by WeakRef
B-19 | same | \`test_max_workers_negative\`: 0 and less are refused | RangeError
B-20 | adapted | \`test_free_reference\`: a map iterator keeps nothing it has yielded | the same, by WeakRef
B-21 | adapted | \`test_swallows_falsey_exceptions\`: falsy errors are raised | 0, '', undefined, null and false may be thrown

## CPython: test_concurrent_futures/test_as_completed.py
B-22 | same | \`test_no_timeout\`: finished, cancelled, failed and new futures all come | the same, the done ones in the order given
B-23 | same | \`test_future_times_out\`: what is done comes, then TimeoutError | the same, in milliseconds
B-24 | same | \`test_duplicate_futures\`: once | the same
B-25 | adapted | \`test_free_reference_yielded_future\`: nothing yielded is kept; others may be finished meanwhile | the same, by WeakRef
B-26 | same | \`test_correct_timeout_exception_msg\`: 2 (of 4) futures unfinished | the same words

## CPython: test_concurrent_futures/test_wait.py
B-27 | same | \`test_20369\`: a duplicate counts once | the same
B-28 | adapted | \`test_first_completed\`: the cancelled one is not done | the cancelled one is done
B-29 | same | \`test_first_completed_some_already_completed\`: at once | the same
B-30 | same | \`test_first_exception\`: earlier successes are in done | the same
B-31 | adapted | \`test_first_exception_some_already_complete\`: successes do not end it; the cancelled one is not done | the cancelled one is done
B-32 | same | \`test_first_exception_one_already_failed\`: at once | the same
B-33 | same | \`test_all_completed\`: all of them | the same
B-34 | same | \`test_timeout\`: done and not done, no error | the same
B-35 | adapted | \`test_pending_calls_race\`: futures that finish while waiting begins | futures that finish in the step in which waiting begins

## CPython: test_concurrent_futures/test_future.py
B-36 | adapted | \`test_done_callback_with_result\`: the result is there in the callback | resultNow() in the callback
B-37 | adapted | \`test_done_callback_with_exception\`: so is the error | exceptionNow() in the callback
B-38 | same | \`test_done_callback_with_cancel\`: cancel() calls it | the same
B-39 | adapted | \`test_done_callback_raises\`: logged, and the next one runs | a process warning
B-40 | same | \`test_done_callback_already_successful\`: at once | the same
B-41 | same | \`test_done_callback_already_failed\`: at once | the same
B-42 | same | \`test_done_callback_already_cancelled\`: at once | the same
B-43 | adapted | \`test_done_callback_raises_already_succeeded\`: logged | a process warning
B-44 | adapted | \`test_repr\`: six states | util.inspect, without an address
B-45 | same | \`test_cancel\`: in each state | the same
B-46 | same | \`test_cancelled\`: in each state | the same
B-47 | same | \`test_done\`: in each state | the same
B-48 | same | \`test_running\`: in each state | the same
B-49 | adapted | \`test_result_with_timeout\`: 0 in each state | rejections
B-50 | adapted | \`test_result_with_success\`: set from elsewhere | set from a timer
B-51 | adapted | \`test_result_with_cancel\`: whoever waits is told | a rejection
B-52 | adapted | \`test_exception_with_timeout\`: 0 in each state | rejections
B-53 | adapted | \`test_exception_with_success\`: set from elsewhere | set from a timer
B-54 | same | \`test_multiple_set_result\`: InvalidStateError, and the value stays | the same
B-55 | same | \`test_multiple_set_exception\`: InvalidStateError, and the error stays | the same
B-56 | adapted | \`test_get_snapshot\`: four answers that agree | outcome()

## CPython: test_concurrent_futures/test_init.py
B-57 | same | \`test_initializer\`: every worker ran it | the same
B-58 | adapted | \`test_initializer\` (failing): submit or the result raises BrokenExecutor; logged | the same, with the initializer's error as the cause
B-59 | adapted | \`FailingInitializerResourcesTest.test_spawn\`: nothing leaks | no worker and no handle is left
B-60 | not applicable | \`test_forkserver\`: nothing leaks | there is no fork server

## CPython: test_concurrent_futures/test_process_pool.py
B-61 | adapted | \`test_max_workers_too_large\`: more than 61 are refused on Windows | there is no such limit: 64 are accepted
B-62 | not applicable | \`test_sysconf_permission_error\`: a PermissionError is tolerated | no semaphores are asked for
B-63 | adapted | \`test_killed_child\`: everything breaks | with onWorkerLoss: 'break'; by default only the task that ran
B-64 | same | \`test_broken_process_pool_traceback\`: an error for each future | the same
B-65 | same | \`test_map_chunksize\`: any chunksize gives the same; -1 is refused | the same
B-66 | adapted | \`test_traceback\`: the worker's source line is shown | the error's stack names file and line in the worker, with a cause of its own untouched
B-67 | same | \`test_traceback_when_child_process_terminates_abruptly\`: the exit code is told | exitCode and message
B-68 | adapted | \`test_ressources_gced_in_workers\`: arguments are collected in the worker | the same, by WeakRef in the worker
B-69 | same | \`test_saturation\`: no more processes than allowed | the same
B-70 | same | \`test_idle_process_reuse_one\`: one after the other in one process | the same
B-71 | adapted | \`test_idle_process_reuse_multiple\`: few processes | no more than were needed at once
B-72 | adapted | \`test_max_tasks_per_child\`: another process for the fourth task | the same; threads too
B-73 | not applicable | \`test_max_tasks_per_child_defaults_to_spawn_context\` | there are no start methods
B-74 | same | \`test_max_tasks_per_child_pending_tasks_gh115634\`: a backlog is worked off | the same
B-75 | adapted | \`test_shutdown_no_wait_max_tasks_gh119592\`: after shutdown(wait=False) the rest is done | the same, forgotten or not
B-76 | adapted | \`test_gc_during_max_tasks_worker_exit_gh152967\`: futures of a collected executor fail | they are done: work keeps its executor
B-77 | same | \`test_force_shutdown_during_max_tasks_worker_exit\`: nothing is started meanwhile | the same
B-78 | same | \`test_failed_worker_replacement_breaks_pool\`: no replacement, broken | the same, with the cause
B-79 | same | \`test_max_tasks_early_shutdown\`: all results | the same
B-80 | adapted | \`test_python_finalization_error\`: a start that fails breaks the pool instead of hanging | the same
B-81 | adapted | \`test_terminate_workers\`: the call is passed on | what it does
B-82 | adapted | \`test_kill_workers\`: the call is passed on | what it does
B-83 | not applicable | \`test_force_shutdown_workers_invalid_op\`: an unknown operation | there is no method that takes one
B-84 | same | \`test_force_shutdown_workers\`: what runs does not finish | the same
B-85 | same | \`test_force_shutdown_workers_dead_workers\`: no error | the same
B-86 | same | \`test_force_shutdown_workers_not_started_yet\`: nothing happens | the same
B-87 | same | \`test_force_shutdown_workers_stops_pool\`: later calls are refused | the same

## CPython: test_concurrent_futures/test_thread_pool.py
B-88 | same | \`test_map_submits_without_iteration\`: everything is submitted by the call | the same
B-89 | adapted | \`test_default_workers\`: min(32, CPUs + 4) | cpuCount()
B-90 | same | \`test_saturation\`: no more threads than allowed | the same
B-91 | same | \`test_idle_thread_reuse\`: one after the other in one thread | the same
B-92 | not applicable | \`test_hang_global_shutdown_lock\`: a lock after a fork | nothing is forked
B-93 | not applicable | \`test_process_fork_from_a_threadpool\`: a forked child ends | nothing is forked
B-94 | same | \`test_executor_map_current_future_cancel\`: a time limit of 0, and nothing starts | the same

## CPython: test_concurrent_futures/test_shutdown.py
B-95 | same | \`test_run_after_shutdown\`: refused | ExecutorShutdownError
B-96 | same | \`test_interpreter_shutdown\`: pending work is done before the program ends | the same
B-97 | adapted | \`test_submit_after_interpreter_shutdown\`: refused at exit | refused in process.on('exit')
B-98 | same | \`test_hang_issue12364\`: all results after a shutdown | the same
B-99 | same | \`test_cancel_futures\`: what waits is cancelled, what runs is done | the same
B-100 | same | \`test_hang_gh83386\`: shutdown(wait=False) at the end of the program; left out for processes | the same, for both
B-101 | same | \`test_hang_gh94440\`: submit, cancel, shutdown | the same
B-102 | same | \`test_threads_terminate\`: all threads are gone | the same
B-103 | adapted | \`test_context_manager_shutdown\` (threads): the block ends them | await using
B-104 | adapted | \`test_del_shutdown\` (threads): a dropped executor does its work | the same
B-105 | same | \`test_shutdown_no_wait\` (threads): all results | the same
B-106 | adapted | \`test_thread_names_assigned\`: prefix and number | threadNamePrefix
B-107 | adapted | \`test_thread_names_default\`: a name of its own | the executor's name and a number
B-108 | same | \`test_cancel_futures_wait_false\`: the program ends without a word on stderr | the same
B-109 | adapted | \`test_processes_terminate\`: all processes are gone | the same
B-110 | adapted | \`test_context_manager_shutdown\` (processes) | await using
B-111 | adapted | \`test_del_shutdown\` (processes) | the same
B-112 | same | \`test_shutdown_no_wait\` (processes): all results | the same
B-113 | same | \`test_shutdown_gh_132969_case_1\`: a failing task and shutdown(wait=False) | the same
B-114 | same | \`test_shutdown_gh_132969_case_2\`: with four workers | the same

## CPython: test_concurrent_futures/test_deadlock.py
B-115 | same | \`test_error_at_task_pickle\`: that error | TaskSerializationError
B-116 | adapted | \`test_exit_at_task_unpickle\`: broken | only the task fails
B-117 | adapted | \`test_error_at_task_unpickle\`: broken | only the task fails
B-118 | adapted | \`test_crash_at_task_unpickle\`: broken | only the task fails
B-119 | same | \`test_crash_during_func_exec_on_worker\`: told, not hung | WorkerLostError with the signal
B-120 | adapted | \`test_exit_during_func_exec_on_worker\`: SystemExit | WorkerLostError with the exit code
B-121 | same | \`test_error_during_func_exec_on_worker\`: the task's error | the same
B-122 | adapted | \`test_crash_during_result_pickle_on_worker\`: broken | only the task fails
B-123 | adapted | \`test_exit_during_result_pickle_on_worker\`: SystemExit | only the task fails
B-124 | same | \`test_error_during_result_pickle_on_worker\`: PicklingError | TaskSerializationError
B-125 | adapted | \`test_error_during_result_unpickle_in_result_handler\`: broken | only the future fails
B-126 | adapted | \`test_exit_during_result_unpickle_in_result_handler\`: broken | only the future fails
B-127 | same | \`test_shutdown_deadlock\`: a crash after shutdown() | no deadlock
B-128 | same | \`test_shutdown_deadlock_pickle\`: what cannot be sent, and shutdown(wait=False) | no deadlock
B-129 | same | \`test_crash_big_data\`: large arguments and dying workers | an error, no deadlock
B-130 | adapted | \`test_gh105829_should_not_deadlock_if_wakeup_pipe_full\`: many submits | many submits in one step

## CPython: test_concurrent_futures/test_interpreter_pool.py
B-131 | not applicable | \`test_init_script\` (expected to fail) | no scripts as tasks
B-132 | not applicable | \`test_init_script_args\` (expected to fail) | no scripts as tasks
B-133 | same | \`test_init_func\`: runs before the first task | the same
B-134 | same | \`test_init_with___main___global\`: its globals persist in the worker | the same, in variables of its module
B-135 | adapted | \`test_init_closure\`: refused, broken | refused by the name of the free variable
B-136 | adapted | \`test_init_instance_method\`: refused, broken | refused: it uses this
B-137 | not applicable | \`test_init_exception_in_script\` (expected to fail) | no scripts as tasks
B-138 | same | \`test_init_exception_in_func\`: broken | the same, with the error as the cause
B-139 | not applicable | \`test_submit_script\` (expected to fail) | no scripts as tasks
B-140 | adapted | \`test_submit_closure\`: NotShareableError | TaskSerializationError that names the free variable
B-141 | adapted | \`test_submit_local_instance\`: NotShareableError | TaskSerializationError
B-142 | adapted | \`test_submit_instance_method\`: NotShareableError | TaskSerializationError
B-143 | same | \`test_submit_func_globals\`: the function has the globals of its own module | the same
B-144 | not applicable | \`test_submit_exception_in_script\` (expected to fail) | no scripts as tasks
B-145 | adapted | \`test_submit_exception_in_func\`: class and message, with ExecutionFailed as the cause | class and message, with the worker's stack
B-146 | same | \`test_saturation\`: no more threads than allowed | the same
B-147 | same | \`test_blocking\`: blocked tasks are released one by one | the same
B-148 | same | \`test_blocking_with_limited_workers\`: so with fewer workers | the same
B-149 | same | \`test_idle_thread_reuse\`: in one thread | the same
B-150 | same | \`test_pickle_errors_propagate\`: an error while decoding is told | the same
B-151 | not applicable | \`test_no_stale_references\`, \`test_free_reference\`: left out there | see B-18 and B-20
B-152 | adapted | \`AsyncioTest.test_run_in_executor\` | await executor.submit(…)
B-153 | adapted | \`AsyncioTest.test_run_in_executor_cancel\`: no late callback | none after an abort
B-154 | not applicable | \`AsyncioTest.test_default_executor\` | Node.js has no default executor

## CPython: _test_multiprocessing.py, _TestPool
B-155 | adapted | \`test_apply\`: arguments by position and by name | by position
B-156 | same | \`test_map\`: with and without chunks | the same
B-157 | same | \`test_starmap\`: tuples become arguments | arrays do
B-158 | same | \`test_starmap_async\` | the same
B-159 | same | \`test_map_async\` | the same
B-160 | same | \`test_map_async_callbacks\`: one call each | the same
B-161 | same | \`test_map_unplicklable\`: raised, not hung | TaskSerializationError
B-162 | same | \`test_map_chunksize\`: an empty input with a chunksize is ready | the same
B-163 | same | \`test_map_handle_iterable_exception\`: an input that raises, twice | the same
B-164 | same | \`test_async\`: the result of apply_async | the same
B-165 | same | \`test_async_timeout\`: TimeoutError in time | the same
B-166 | adapted | \`test_imap\`: a list, step by step, in chunks | an async iterator
B-167 | adapted | \`test_imap_handle_iterable_exception\`: the error comes at the start of its chunk | after all good items
B-168 | same | \`test_imap_unordered\`: all results, in chunks too | the same
B-169 | adapted | \`test_imap_unordered_handle_iterable_exception\`: the error comes among the values | after all good items
B-170 | same | \`test_make_pool\`: -1 and 0 are refused; 3 workers | the same
B-171 | same | \`test_terminate\`: quick, with much to do | the same, threads included
B-172 | same | \`test_empty_iterable\`: of every map | the same
B-173 | same | \`test_context\`: works inside the block, refused after it | the same
B-174 | adapted | \`test_traceback\`: the worker's source line is shown | in the error's stack
B-175 | same | \`test_wrapped_exception\`: a thread's error comes as it is | the same class and message
B-176 | same | \`test_map_no_failfast\`: waits for all, large errors too | the same, unless failFast
B-177 | adapted | \`test_release_task_refs\`: arguments and results are let go | the same, by WeakRef
B-178 | adapted | \`test_enter\`: a terminated pool cannot be entered | it takes no work
B-179 | adapted | \`test_resource_warning\`: a running pool that is collected warns | the same
B-180 | adapted | 3.16: without buffersize the input is read far ahead | it is not
B-181 | same | 3.16: with buffersize no further than that | the same
B-182 | same | 3.16: buffersize with chunks, empty and endless inputs; callbacks that raise | the same

## CPython: _test_multiprocessing.py, other classes of pools
B-183 | same | \`_TestPoolWorkerErrors.test_async_error_callback\`: get() and error_callback have it | the same
B-184 | same | \`_TestPoolWorkerErrors.test_unpickleable_result\`: MaybeEncodingError, the workers live | the same
B-185 | same | \`_TestPoolWorkerLifetime.test_pool_worker_lifetime\`: workers change, results are right | the same
B-186 | same | \`_TestPoolWorkerLifetime.test_pool_worker_lifetime_early_close\`: join() does not hang | the same
B-187 | same | \`_TestPoolWorkerLifetime.test_pool_maxtasksperchild_invalid\` | OptionsError
B-188 | same | \`_TestPoolWorkerLifetime.test_worker_finalization_via_atexit_handler_of_multiprocessing\`: an open pool lets the program end well | the same
B-189 | same | \`TestInitializers.test_pool_initializer\`: refused when it cannot be called; ran once | the same
B-190 | same | \`TestPoolNotLeakOnFailure.test_release_unused_processes\`: a start that fails leaks nothing | the same
B-191 | not applicable | \`TestSyncManagerTypes.test_pool\`: a pool in a manager | there are no managers
B-192 | same | \`TestStdinBadfiledescriptor.test_pool_in_process\`: a pool in a child process | the same, and in a worker thread
B-193 | adapted | \`MiscTestCase.test_large_pool\`: 200 workers | fewer, for the sake of time

## CPython: _test_multiprocessing.py, neighbours
B-194 | adapted | \`_TestProcess.test_terminate\`, \`test_kill\`: exit codes | WorkerLostError.signal
B-195 | adapted | \`_TestProcess.test_interrupt\`, \`test_interrupt_no_handler\`: SIGINT to a child | workers and Ctrl-C
B-196 | adapted | \`_TestProcess.test_active_children\`, \`test_many_processes\`, \`test_child_fd_inflation\`: nothing leaks | the same
B-197 | adapted | \`_TestProcess\`: the object API of one process | only this: output is written before a worker ends
B-198 | not applicable | \`_TestProcess.test_daemon_argument\` | there is no such flag
B-199 | not applicable | \`_TestProcess.test_forkserver_…\` | there is no fork server
B-200 | adapted | \`_TestSubclassingProcess\`: exit codes and output of a child | WorkerLostError.exitCode
B-201 | adapted | \`TestNoForkBomb.test_noforkbomb\`: an unguarded program ends with a message | NestedBootstrapError
B-202 | adapted | \`TestStartMethod\`: start methods | only nested pools
B-203 | adapted | \`TestCloseFds.test_closefd\`: descriptors are not inherited | the same
B-204 | not applicable | \`TestIgnoreEINTR\`, \`_TestPollEintr\` | Node.js deals with EINTR
B-205 | adapted | \`_TestAtExit.test_atexit\`: exit handlers run in a child | process.on('exit') runs in a worker that leaves in order
B-206 | not applicable | \`_TestFinalize\` | internal
B-207 | adapted | \`TestFlags.test_flags\`: the interpreter's flags are passed on; locks and paths after a fork | flags that a worker needs are passed on
B-208 | adapted | \`_TestImportStar.test_import\`, \`MiscTestCase.test__all__\`: what is exported | the same

## CPython: tests outside of the two packages
B-209 | adapted | \`test_multiprocessing_main_handling.py\`: functions of the main program, started in every way | entry files of every kind
B-210 | adapted | \`test_events.py::test_run_in_executor\` and others: with the event loop | await
B-211 | adapted | \`test_futures.py::test_wrap_future\` and others | a future is a promise
B-212 | adapted | \`test_wrap_future_cancel\`: cancelling the wrapper cancels the future | an aborted signal does
B-213 | adapted | \`test_wrap_future_cancel2\`: cancelling what is done changes nothing | an abort after the end changes nothing
B-214 | adapted | \`test_base_events.py::test_shutdown_default_executor_timeout\`: a shutdown with a time limit | shutdown({ timeout })
B-215 | adapted | \`test_context.py\`: context variables | AsyncLocalStorage in callbacks and continuations
B-216 | adapted | \`cfimport.py\`, \`pool_in_threads.py\`: pools made during an import, and in threads | the same
B-217 | not applicable | \`test_compileall.py\` and others: users of the API | they test other things
`;
