/**
 * Prints one line at the end of a test run: `Tests: N passed, N failed, N skipped`. An error outside the tests of a file or suite counts as one
 * failure. A run that leaves no test of a file out also stores the results of that file for scripts/make-conformance.mjs: `npm run test:all` those of all
 * files, `npm test` those without a sample, `npm run test:rest` those with one. The results of files that did not run stay.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import { isSampled } from './sampled-files.ts';

type Results = Record<string, { readonly title: string; readonly state: string }[]>;

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CACHE = `${ROOT}node_modules/.cache/`;
const KEPT = `${CACHE}twinpool-tests.json`;

export default class SummaryReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let withoutEngine = 0;
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      const needsEngine =
        module.project.name === 'bullmq' && (module.project.getProvidedContext() as { readonly engine?: unknown }).engine === '';
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (needsEngine && state === 'skipped') withoutEngine += 1;
        count[state === 'pending' ? 'failed' : state] += 1; // pending: its process ended during the test
      }
      if (module.errors().length > 0) count.failed += 1;
      for (const suite of module.children.allSuites()) if (suite.errors().length > 0) count.failed += 1;
    }
    const isOnCluster = process.env['TWINPOOL_CLUSTER'] === '1';
    const isWhole = process.env['MATRIX'] !== undefined;
    // A sample and a run with `-t` leave tests out. On a cluster tests have other results.
    if (!isOnCluster && this.#vitest?.config.testNamePattern === undefined)
      keep(modules.filter(({ moduleId }) => isWhole || !isSampled(moduleId)));
    if (!isWhole && !isOnCluster) console.log('A sample of the tests that differ only in a parameter. All of them: npm run test:all');
    if (withoutEngine > 0)
      console.log(
        `${withoutEngine} tests of the cluster were not run: there is no redis-server on the PATH. Install one, then: npm run test:cluster`,
      );
    console.log(`Tests: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
  }
}

function keep(modules: readonly TestModule[]): void {
  const results = kept();
  for (const module of modules) {
    const tests = [...module.children.allTests()].map((test) => ({ title: test.fullName, state: test.result().state }));
    results[module.moduleId.replaceAll('\\', '/').slice(ROOT.length)] = tests;
  }
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(KEPT, JSON.stringify(results));
}

function kept(): Results {
  try {
    return JSON.parse(readFileSync(KEPT, 'utf8')) as Results;
  } catch {
    return {}; // the first run
  }
}
