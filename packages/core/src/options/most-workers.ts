/** The most workers of a runtime: a larger number is a mistake. A file of its own, since schemas.ts must not be loaded for it. */
export const MOST_WORKERS = 1024;
/** The most tasks at once in one worker: a larger number is a mistake. */
export const MOST_SLOTS = 10_000;
