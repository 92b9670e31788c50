/** `twinpool/core`: the names of `@twinpool/core`: the runtime that both facades can share, the task helpers, the errors. */
export * from '@twinpool/core';
