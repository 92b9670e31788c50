/** What a facade is built from: `@twinpool/core/facade`. For this package's own family; not part of the public contract. */
export { type Clock, Alarm, systemClock } from './clock.ts';
export { HANDLE, type Handle, type HandleView } from './handle.ts';
export { CallJob, type CallSettings, type Ending, type Job, type JobListener } from './job.ts';
export { MapJob, type MapShape } from './map-job.ts';
export { checkTimeout, checkWhole, resolveCall } from './options.ts';
export { Seat, type SeatShape } from './seat.ts';
export { StreamJob, type StreamInput, type StreamShape, type Taker } from './stream-job.ts';
export { type TaskFunction, taskFunctionOf } from './task/task-function.ts';
