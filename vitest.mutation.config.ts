import { defineConfig } from 'vitest/config';

/** The tests that judge mutants: the scheduler, the lanes and the jobs over fake workers and a fake clock, from core's sources. */
export default defineConfig({
  test: {
    // As in vitest.config.ts: a second copy of a built package would break identity.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    setupFiles: ['./scripts/seed-properties.ts', './packages/testkit/dist/leak-check.js'],
    pool: 'forks',
    expect: { requireAssertions: true },
    // One import of the sources serves all files of a run; the imports would take most of the time of a mutant.
    isolate: false,
    include: ['packages/core/test/{simulation,runtime,seams,stream-job,lanes/deadlines,lanes/in-flight}.test.ts'],
    testTimeout: 120_000,
  },
});
