/** The most workers of a runtime: a larger number is a mistake. A file of its own, since schemas.ts must not be loaded for it. */
export const MOST_WORKERS = 1024;
