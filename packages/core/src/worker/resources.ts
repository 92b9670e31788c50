/**
 * Counts the active resources of a worker, to tell whether user code has left something that the event loop must serve.
 *
 * Short-lived kinds (file system requests, timers, immediates) may exist by chance when an idle worker is counted, so the count at rest excludes them.
 * Later they count: then they belong to user code.
 */
import process from 'node:process';

const PASSING = /^(?:FSReq|Timeout|Immediate|CloseReq)/;

// Captured: a task may replace what it finds on the global object.
const activeResources = process.getActiveResourcesInfo.bind(process);

/** Bun and Deno always give an empty list: there a worker waits in its event loop, never in a blocking read. */
export const LISTS_RESOURCES: boolean = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

/** The count for an idle worker. */
export function resourcesAtRest(): number {
  return activeResources().filter((kind) => !PASSING.test(kind)).length;
}

export function resourcesNow(): number {
  return activeResources().length;
}
