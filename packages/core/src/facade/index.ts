/**
 * `@twinpool/core/facade`: what the facades of this repository (pool, executor, adapters and the command) build on. It is internal: not part of the
 * public contract, and it changes without notice. Every name here is imported by one of them (scripts/check-directions.mjs); a name that only
 * tests need is imported from core's sources instead.
 */

export { CallJob, type CallSettings, type JobListener } from '../jobs/job.ts';
export { MapJob } from '../jobs/map-job.ts';
export { StreamJob } from '../jobs/stream-job.ts';
export type { StreamInput, StreamShape, Taker } from '../jobs/stream-shape.ts';
export { type CallSite, callSiteOf, markTaskIndex } from '../jobs/task-index.ts';
export { checkTimeout, checkWhole } from '../options/check-options.ts';
export { nearest } from '../options/nearest.ts';
export { resolveCall } from '../options/resolve-options.ts';
export { unknownOption } from '../options/unknown-option.ts';
export { Alarm, systemClock } from '../primitives/clock.ts';
export { HANDLE, type Handle, type HandleView } from '../primitives/handle.ts';
export { afterTurn } from '../primitives/time.ts';
export { checkStep, type Scope, scopeHere, stepOf, warnOfError, watchReturned } from '../primitives/user-code.ts';
export { taskFunctionOf } from '../tasks/task-function.ts';
export { adviseFor } from '../wire/refusal.ts';
export { Seat, type SeatShape, seatOf } from './attachment.ts';
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
