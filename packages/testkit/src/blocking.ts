/** Blocks the event loop of the program under test with synchronous work. */

/** Blocks this thread for `ms` milliseconds. Fake timers and fake clocks have no effect on it. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
