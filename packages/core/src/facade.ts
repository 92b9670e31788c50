/** What a facade is built from: `@twinpool/core/facade`. For this package's own family; not part of the public contract. */

export { Alarm, type Clock, systemClock } from './clock.ts';
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
  homeOf,
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
export { Engine, type EngineSeams, type LaneMaker } from './engine.ts';
export { HANDLE, type Handle, type HandleView } from './handle.ts';
export { CallJob, type CallSettings, type Ending, type Job, type JobListener } from './job.ts';
export { Lane, type LaneHost, type LaneOptions } from './lane.ts';
export type { Sent } from './ledger.ts';
export { MapJob, type MapShape } from './map-job.ts';
export { nearest } from './nearest.ts';
export { checkTimeout, checkWhole, resolveCall } from './options.ts';
export { Seat, type SeatShape, seatOf } from './seat.ts';
export { StreamJob } from './stream-job.ts';
export type { StreamInput, StreamShape, Taker } from './stream-shape.ts';
export { type TaskFunction, taskFunctionOf } from './task/task-function.ts';
export { type CallSite, callSiteOf, markTaskIndex } from './task-index.ts';
export { afterTurn } from './time.ts';
export { unknownOption } from './unknown-option.ts';
export { checkStep, runCallback, type Scope, scopeHere, stepOf, warnOfError, watchReturned } from './user-code.ts';
export { mayHaveStarted, mayWait, spend } from './wire/budget.ts';
export { AS_BYTES, AS_THROWN, DEFINE, FORGET, type Message } from './wire/messages.ts';
export type { Outgoing } from './wire/outbound.ts';
export { adviseFor } from './wire/refusals.ts';
export { encodeThrown } from './wire/thrown.ts';
export { Packer } from './wire/values.ts';
