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

/** Bun and Deno always give an empty list: there a worker waits in its event loop, never in a blocking read. */
export const LISTS_RESOURCES: boolean = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

/** Of a worker that has nothing to do. */
export function resourcesAtRest(): number {
  return activeResources().filter((kind) => !PASSING.test(kind)).length;
}

export function resourcesNow(): number {
  return activeResources().length;
}
