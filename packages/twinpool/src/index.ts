/**
 * twinpool: both faces on one machine, Python's `multiprocessing.Pool` and `concurrent.futures`. What both have is the same thing, and is
 * here once. `context` and `isWorker` are also in `twinpool/worker`, which loads nothing else.
 */
export * from '@twinpool/adapters';
export * from '@twinpool/core';
export * from '@twinpool/core/worker';
export * from '@twinpool/executor';
export * from '@twinpool/pool';
