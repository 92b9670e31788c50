/**
 * Node's timers and clocks as they were when this package was loaded. The modules of this package use no others.
 *
 * Fake timers (of Vitest, Jest, Sinon, `node:test`) and tasks replace the functions on the global object, and a pool must start and end its
 * workers all the same. The functions are taken from `node:timers`, since Jest's fakes replace only the globals of its sandbox. Fakes of the
 * Sinon family keep the functions that they replaced, so fakes that were installed before this package was loaded have no effect either.
 * It does not know the purpose of a timer.
 */
import timers from 'node:timers';

/** Returns the original of a fake of the Sinon family (Vitest, Jest, Sinon), and any other function unchanged. */
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
/** Returns milliseconds of a monotonic clock. A fake `now` is a property of the object, the original one of its prototype. Bun has no other than that of the object. */
export const now: () => number = ((Object.getPrototypeOf(clock) as Partial<typeof performance>).now ?? clock.now).bind(clock);
