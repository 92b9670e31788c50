/**
 * What is alive in a worker beside its own channels: whether the event loop has anything to serve.
 *
 * Decides which kinds of Node's active resources are passing: those may be under way when an idle worker is counted, and are user code's
 * whenever they are seen later.
 */
import process from 'node:process';

const PASSING = /^(?:FSReq|Timeout|Immediate|CloseReq)/;

// Captured: a task may replace what it finds on the global object.
const activeResources = process.getActiveResourcesInfo.bind(process);

/** Of a worker that has nothing to do. */
export function resourcesAtRest(): number {
  return activeResources().filter((kind) => !PASSING.test(kind)).length;
}

export function resourcesNow(): number {
  return activeResources().length;
}
