/**
 * Node's timers and clocks as they were when this package was loaded, the only ones that its modules use.
 *
 * Fake timers (of Vitest, Jest, Sinon, `node:test`) and tasks replace the functions on the global object; a pool must still start, lose and end
 * its workers. `node:timers` comes first: Jest's fakes replace the globals of its sandbox only. Fakes of the Sinon family keep what they replaced,
 * so those that were installed before this package was loaded do no harm either. It does not know what the time is used for.
 */
import timers from 'node:timers';

/** Behind a fake of the Sinon family (Vitest, Jest, Sinon) lies the original. */
function original<T>(found: T, name: string): T {
  const clock = (found as { readonly clock?: Readonly<Record<string, unknown>> | undefined }).clock;
  const kept = clock?.[`_${name}`];
  return kept === undefined ? found : (kept as T);
}

export const setTimer: typeof setTimeout = original(timers.setTimeout, 'setTimeout');
export const clearTimer: typeof clearTimeout = original(timers.clearTimeout, 'clearTimeout');
export const setTicker: typeof setInterval = original(timers.setInterval, 'setInterval');
export const clearTicker: typeof clearInterval = original(timers.clearInterval, 'clearInterval');
export const afterTurn: typeof setImmediate = original(timers.setImmediate, 'setImmediate');
export const afterMicrotasks: typeof queueMicrotask = original(queueMicrotask, 'queueMicrotask');
export const nextTick: typeof process.nextTick = original(process.nextTick, 'nextTick');
const clock = original(performance, 'performance');
/** Milliseconds of a monotonic clock. A fake of `now` lies on the object, the original on its prototype. */
export const now: () => number = (Object.getPrototypeOf(clock) as typeof performance).now.bind(clock);
