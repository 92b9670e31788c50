/** Starts nodes (`twinpool worker`) as processes, and clients, for the tests; all of them end with the test. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BullmqConnectOptions, BullmqRuntime } from '@twinpool/bullmq';
import { runWorkerCommand, type StartedNode, startNode as startNodeOf, type WorkerCommand } from '@twinpool/testkit/nodes';
import { inject, onTestFinished } from 'vitest';

export const url: string = inject('engine');
export const TASKS: string = fileURLToPath(new URL('./fixtures/cluster-tasks.mjs', import.meta.url));
let queues = 0;

/** A queue of this test's own. */
export function queueName(): string {
  queues += 1;
  return `cluster-${process.pid}-${queues}`;
}

export function command(args: readonly string[]): WorkerCommand {
  const started = runWorkerCommand(args);
  onTestFinished(started.end);
  return started;
}

/** `engine`: the URL of another engine than that of all tests. */
export async function startNode(queue: string, args: readonly string[] = [], engine: string = url): Promise<StartedNode> {
  const node = await startNodeOf({ url: engine, queue, tasks: TASKS, args });
  onTestFinished(node.end);
  return node;
}

export async function connect(queue: string, options: Partial<BullmqConnectOptions> = {}): Promise<BullmqRuntime> {
  const runtime = await BullmqRuntime.connect({ connection: url, queue, tasks: TASKS, ...options });
  onTestFinished(() => runtime.terminate());
  return runtime;
}

/** A file in which tasks note that they run; `until` waits for this number of lines. */
export function sideFile(): { readonly path: string; lines(): string[]; until(count: number): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-cluster-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'lines');
  const lines = () => {
    try {
      return readFileSync(path, 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  };
  const until = async (count: number) => {
    while (lines().length < count) await sleep(10);
  };
  return { path, lines, until };
}
