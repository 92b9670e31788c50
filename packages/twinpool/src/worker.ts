/** For task modules: what a task can ask of the worker it runs in. */
export * from '@twinpool/core/worker';
