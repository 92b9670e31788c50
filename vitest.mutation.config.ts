import { defineConfig } from 'vitest/config';

/** The tests that judge mutants: the scheduler, the lanes and the jobs over fake workers and a fake clock, from core's sources. */
export default defineConfig({
  test: {
    // As in vitest.config.ts: a second copy of a built package would break identity.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    setupFiles: ['./scripts/seed-properties.ts', './packages/testkit/dist/leak-check.js'],
    pool: 'forks',
    expect: { requireAssertions: true },
    include: ['packages/core/test/{simulation,engine,stream-job}.test.ts'],

    testTimeout: 120_000,
  },
});
