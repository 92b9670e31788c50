/**
 * Runs the tests of the facades on a cluster: each test file gets two nodes with one worker process each, and a runtime on them.
 *
 *   before the file   nodes are started, and a runtime is connected: testCluster() of the testkit
 *   each test         skipped if clusterDifferences has it, with its reason
 *   after the file    runtime and nodes end; fails if clusterDifferences has a title that the file has not
 *
 * It does not know the rows.
 */
import { fileURLToPath } from 'node:url';
import { BullmqRuntime } from '@twinpool/bullmq';
import { provideTestCluster } from '@twinpool/testkit';
import { clusterDifferences } from '@twinpool/testkit/conformance';
import { startNode } from '@twinpool/testkit/nodes';
import { afterAll, beforeEach, expect, inject, type RunnerTestSuite } from 'vitest';

const url = inject('engine');
const tasks = fileURLToPath(new URL('./tasks.mjs', import.meta.url));
const queue = `conformance-${process.pid}-${Date.now()}`;

const nodes = await Promise.all([1, 2].map(() => startNode({ url, queue, tasks, args: ['--kind', 'process'] })));
const connect = (options: Record<string, unknown>) =>
  BullmqRuntime.connect({ connection: url, queue, tasks, minNodes: nodes.length, ...options });
const runtime = await connect({});
provideTestCluster({ runtime, connect });

const file = expect.getState().testPath?.replaceAll('\\', '/').split('/packages/')[1] ?? '';
const listed = clusterDifferences[file] ?? {};

let suite: RunnerTestSuite | undefined;

beforeEach(({ task, skip }) => {
  suite = task.file;
  const reason = listed[task.name];
  if (reason !== undefined) skip(reason);
});

afterAll(async () => {
  await runtime.terminate();
  for (const node of nodes) await node.end();
  const titles = new Set(suite === undefined ? [] : titlesIn(suite));
  expect(Object.keys(listed).filter((title) => !titles.has(title))).toEqual([]);
});

function titlesIn(suite: RunnerTestSuite): string[] {
  return suite.tasks.flatMap((task) => (task.type === 'suite' ? titlesIn(task) : [task.name]));
}
