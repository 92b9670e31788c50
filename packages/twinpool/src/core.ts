/** The machine: the runtime that both faces can share, the task helpers, the errors. */
export * from '@twinpool/core';
