/** `twinpool/testing`: the names of `@twinpool/core/testing`, for unit tests of task functions. */
export * from '@twinpool/core/testing';
