/** `twinpool/worker`: the names of `@twinpool/core/worker`, for task modules. */
export * from '@twinpool/core/worker';
