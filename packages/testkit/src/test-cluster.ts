/**
 * The cluster on which the tests of the facades run in place of local workers: `npm run test:cluster` runs them once more, with
 * packages/bullmq/test/conformance/setup.ts, which makes it. `undefined` in all other runs.
 */
import type { WorkerRuntime } from '@twinpool/core';

export interface TestCluster {
  /** Two nodes with one worker process each; the tests of a file share it. */
  readonly runtime: WorkerRuntime;
  /** A runtime on the same nodes, with these options of workers. The caller ends it. */
  connect(options: Record<string, unknown>): Promise<WorkerRuntime>;
}

let cluster: TestCluster | undefined;

export function provideTestCluster(made: TestCluster): void {
  cluster = made;
}

export function testCluster(): TestCluster | undefined {
  return cluster;
}
