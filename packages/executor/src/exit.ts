/**
 * Whether the program is ending: in its 'exit' listeners nothing new can be done, for no turn of the event loop will come.
 *
 * Decides that one listener, before those of the program, is enough for all executors.
 */
let isWatched = false;
let hasBegun = false;

/** From now on `isExiting` can be asked. */
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
