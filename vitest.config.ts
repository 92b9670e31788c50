import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const absolute = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const project = (name: string) => ({
  extends: true as const,
  test: { name, root: `./packages/${name}`, include: ['test/**/*.test.ts'] },
});

export default defineConfig({
  test: {
    // The built files are tested, loaded by Node itself: a copy made by vite would break identity and `instanceof`.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
    // Absolute, since `extends` would resolve them per project.
    setupFiles: [absolute('./scripts/flush-coverage.ts'), absolute('./packages/testkit/dist/leak-check.js')],
    reporters: ['default', './scripts/summary-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    projects: ['core', 'pool', 'executor', 'adapters', 'migrate', 'twinpool', 'testkit'].map(project),
  },
});
