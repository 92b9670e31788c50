// What each contender is given. The README's table says why; results carry these along.
export const WORKERS = 2;

export const settings = {
  piscina: {
    minThreads: WORKERS,
    maxThreads: WORKERS,
    idleTimeout: Number.POSITIVE_INFINITY,
    recordTiming: false,
  },
  tinypool: { minThreads: WORKERS, maxThreads: WORKERS },
  workerpool: { minWorkers: WORKERS, maxWorkers: WORKERS },
  poolifier: {},
  'jest-worker': { numWorkers: WORKERS },
};
