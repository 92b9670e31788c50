/**
 * `@twinpool/core/facade`: the names that the facades of this repository (pool, executor, adapters and the command) are built from.
 *
 * The entry is internal: it is not part of the public contract, and it changes without notice. Each name is imported by one of the facades
 * (scripts/check-directions.mjs checks that). Tests import a name that only they need from core's sources instead.
 */

export { EngineDownError, NodeLostError, NoWorkersError } from '../errors.ts';
export { CallJob, type CallSettings, type Chunk, type Ending, Job, type JobListener } from '../jobs/job.ts';
export { ListReader } from '../jobs/list-reader.ts';
export { MapJob } from '../jobs/map-job.ts';
export { StreamJob } from '../jobs/stream-job.ts';
export type { StreamInput, StreamShape, Taker } from '../jobs/stream-shape.ts';
export { type CallSite, callSiteOf, markTaskIndex } from '../jobs/task-index.ts';
export { TypedResults } from '../jobs/typed-results.ts';
export { checkOptions, checkTimeout, checkWhole } from '../options/check-options.ts';
export { nearest } from '../options/nearest.ts';
export { resolveCall, resolveShare, resolveWorkers } from '../options/resolve-options.ts';
export { unknownOption } from '../options/unknown-option.ts';
export { Alarm, systemClock } from '../primitives/clock.ts';
export { HANDLE, type Handle, type HandleView } from '../primitives/handle.ts';
export { type KeptMemory, WORTH_KEEPING } from '../primitives/kept-memory.ts';
export { afterTurn } from '../primitives/time.ts';
export { checkStep, type Scope, scopeHere, stepOf, warnOfError, watchReturned } from '../primitives/user-code.ts';
export { type CpuDecision, cpuDecision } from '../resources/cpu-decision.ts';
export { memoryFolder } from '../resources/memory-folder.ts';
export { RuntimeCore, type Transport, type TransportContext, type TransportFactory, type TransportOwner } from '../runtime.ts';
export type { Client } from '../scheduling/client.ts';
export { TaskFunction, taskFunctionOf } from '../tasks/task-function.ts';
export {
  ANSWER,
  ARGUMENT_LISTS,
  ARITY_SHIFT,
  AS_BYTES,
  AS_SKIP,
  AS_THROWN,
  BLOCKING,
  DEFINE,
  type Message,
  READY,
  RUN_FIELDS,
  RUN_FLAGS,
  RUN_FN,
  RUN_ITEMS,
  RUN_SPECIALS,
  SPECIAL_FIELDS,
} from '../wire/messages.ts';
export type { PackedRuns } from '../wire/pack-runs.ts';
export { unpackBytes } from '../wire/packed-value.ts';
export { BYTES, Packer, PLAIN } from '../wire/packer.ts';
export { adviseFor } from '../wire/refusal.ts';
export { decodeThrown, encodeThrown } from '../wire/thrown.ts';
export { fromBytes, toBytes } from '../wire/value-bytes.ts';
export { Attachment, type AttachmentShape, attachmentOf } from './attachment.ts';
export {
  addCallback,
  cancel,
  Deferred,
  type DeferredJob,
  type DeferredOwner,
  DoneCallback,
  errorWithin,
  follow,
  handledPromiseOf,
  isDoneWithin,
  isFinal,
  markHandled,
  markObserved,
  outcomeOf,
  promiseOf,
  type SettledState,
  setJob,
  setOwner,
  setState,
  settle,
  settledStateOf,
  sourceOf,
  stateOf,
  valueWithin,
} from './deferred.ts';
export { defineInspect } from './define-inspect.ts';
export { gather, type OutcomeReader } from './gather.ts';
