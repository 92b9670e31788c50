/** A program that does not look: its event loop is held up by synchronous work. */

/** Blocks this thread for `ms`, whatever timers or clocks a test has replaced. */
export function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
