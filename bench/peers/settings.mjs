// Defines the settings of each contender. The table in README.md gives the reasons. Each result includes the settings.
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
  knitting: { threads: WORKERS },
  nestworker: { poolSize: WORKERS },
};
