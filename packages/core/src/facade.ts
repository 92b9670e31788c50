/**
 * `@twinpool/core/facade`: what the facades of this repository (pool, executor, adapters and the command) build on. It is internal: not part of the
 * public contract, and it changes without notice. Every name here is imported by one of them (scripts/check-directions.mjs); a name that only
 * tests need is imported from core's sources instead.
 */

export { Alarm, systemClock } from './clock.ts';
export {
  addCallback,
  ask,
  belongTo,
  cancel,
  Deferred,
  type DeferredHome,
  type DeferredJob,
  DoneCallback,
  endingOf,
  follow,
  isDoneWithin,
  isFinal,
  observe,
  outcomeOf,
  quiet,
  type Settled,
  setState,
  settle,
  sourceOf,
  startJob,
  stateOf,
} from './deferred.ts';
export { HANDLE, type Handle, type HandleView } from './handle.ts';
export { CallJob, type CallSettings, type JobListener } from './job.ts';
export { MapJob } from './map-job.ts';
export { nearest } from './nearest.ts';
export { checkTimeout, checkWhole, resolveCall } from './options.ts';
export { Seat, type SeatShape, seatOf } from './seat.ts';
export { StreamJob } from './stream-job.ts';
export type { StreamInput, StreamShape, Taker } from './stream-shape.ts';
export { taskFunctionOf } from './task/task-function.ts';
export { type CallSite, callSiteOf, markTaskIndex } from './task-index.ts';
export { afterTurn } from './time.ts';
export { unknownOption } from './unknown-option.ts';
export { checkStep, type Scope, scopeHere, stepOf, warnOfError, watchReturned } from './user-code.ts';
export { adviseFor } from './wire/refusals.ts';
