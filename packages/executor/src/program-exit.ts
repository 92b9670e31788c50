/**
 * Knows whether the program runs its 'exit' listeners. A task that is submitted there could never run: no turn of the event loop follows.
 *
 * One listener, in front of those of the program, serves all executors.
 */
let isWatched = false;
let hasBegun = false;

/** Adds the listener. Without it `isExiting` returns `false`. */
export function watchExit(): void {
  if (isWatched) return;
  isWatched = true;
  process.prependListener('exit', () => {
    hasBegun = true;
  });
}

export function isExiting(): boolean {
  return hasBegun;
}
