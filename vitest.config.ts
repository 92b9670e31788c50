import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const absolute = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const project = (name: string, root = `./packages/${name}`) => ({
  extends: true as const,
  test: { name, root, include: ['test/**/*.test.ts'] },
});

export default defineConfig({
  test: {
    // Tests use the built files as Node loads them: a second copy made by vite would break identity and `instanceof`.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    // Absolute paths, because `extends` would resolve relative ones per project.
    setupFiles: [absolute('./scripts/flush-coverage.ts'), absolute('./packages/testkit/dist/leak-check.js')],
    reporters: ['default', './scripts/summary-reporter.ts'],
    // A test that reaches its end without having called `expect` fails.
    expect: { requireAssertions: true },
    pool: 'forks',
    maxWorkers: 2,
    // Longer than PATIENCE of the testkit, so that the helpers report what hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    projects: [
      ...['core', 'pool', 'executor', 'adapters', 'migrate', 'twinpool', 'testkit'].map((name) => project(name)),
      project('bench', './bench'),
    ],
  },
});
