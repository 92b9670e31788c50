import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { sampledFiles } from './scripts/sampled-files.ts';

const absolute = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** These tests use the real facades over fake workers. No package exports those parts of core, so they load all packages from their sources. */
const SIMULATED = 'test/faults/simulated/**';
const PACKAGES = ['core', 'pool', 'executor', 'adapters', 'migrate', 'twinpool', 'testkit', 'unplugin'];

/** `npm run test:rest`: all tests of the files of which `npm test` runs a sample, and no others. */
const isRest = process.env['MATRIX'] === 'rest';
const testsOf = (root: string): string[] => (isRest ? sampledFiles(absolute(root)) : ['test/**/*.test.ts']);

const project = (name: string, root = `./packages/${name}`) => ({
  extends: true as const,
  test: { name, root, include: testsOf(root), exclude: [SIMULATED] },
});

/** They share one engine, if there is one. */
const cluster = {
  extends: true as const,
  test: {
    name: 'bullmq',
    root: './packages/bullmq',
    include: ['test/**/*.test.ts'],
    globalSetup: absolute('./packages/bullmq/test/global-setup.ts'),
  },
};

/** The tests of the facades, once more: on a cluster. Only with `npm run test:cluster`. */
const conformance = {
  extends: true as const,
  test: {
    name: 'conformance',
    root: './packages',
    include: [
      'pool/test/{apply,imap,imap-end,lifecycle,map,options,outcomes,own-values}.test.ts',
      'pool/test/cpython/{_test_multiprocessing.TestPool,_test_multiprocessing.workers,defects,test_context}.test.ts',
      'executor/test/{map,shutdown,submit}.test.ts',
      'executor/test/cpython/{executor,test_as_completed,test_deadlock,test_init,test_process_pool,test_shutdown,test_thread_pool,test_wait}.test.ts',
    ],
    globalSetup: absolute('./packages/bullmq/test/global-setup.ts'),
    setupFiles: [absolute('./packages/bullmq/test/conformance/setup.ts')],
  },
};

const simulated = {
  extends: true as const,
  resolve: {
    alias: [
      { find: /^@twinpool\/(core|pool|executor|adapters)$/, replacement: absolute('./packages/$1/src/index.ts') },
      { find: /^@twinpool\/core\/(\w+)$/, replacement: absolute('./packages/core/src/$1') },
      { find: /^twinpool$/, replacement: absolute('./packages/twinpool/src/index.ts') },
    ],
  },
  test: { name: 'simulated', root: './packages/twinpool', include: [`${SIMULATED}/*.test.ts`] },
};

export default defineConfig({
  test: {
    // A test that imports a package by its name uses the built files as Node loads them: a second copy made by vite would break identity and
    // `instanceof`. A test of an inner module imports `../src/x.ts`, and only sources where identity matters.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    // Absolute paths, because `extends` would resolve relative ones per project.
    setupFiles: [
      absolute('./scripts/flush-coverage.ts'),
      absolute('./scripts/seed-properties.ts'),
      absolute('./packages/testkit/dist/leak-check.js'),
    ],
    reporters: ['default', './scripts/summary-reporter.ts'],
    // A sample (testkit/src/sample.ts) may leave a suite without tests.
    passWithNoTests: process.env['MATRIX'] === undefined,
    // A test that reaches its end without having called `expect` fails.
    expect: { requireAssertions: true },
    pool: 'forks',
    maxWorkers: 2,
    // Longer than PATIENCE of the testkit, so that the helpers report what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      ...PACKAGES.map((name) => project(name)),
      // `npm run test:cluster` runs all of them.
      ...(isRest ? [] : [cluster, project('bench', './bench'), simulated]),
      ...(process.env['TWINPOOL_CLUSTER'] === '1' ? [conformance] : []),
    ],
  },
});
