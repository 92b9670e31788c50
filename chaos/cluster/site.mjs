// The site of one scenario: a real engine, nodes as processes of their own, clients, a side file that counts executions. `end` leaves nothing.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BullmqRuntime } from '@twinpool/bullmq';
import { startEngine } from '@twinpool/testkit/engines';
import { startNode } from '@twinpool/testkit/nodes';
import { Queue } from 'bullmq';

export const TASKS = fileURLToPath(new URL('./tasks.mjs', import.meta.url));

export class Site {
  /** The engine on which all scenarios run. */
  static engineKind = 'redis';
  queue = 'chaos';
  nodes = [];
  runtimes = [];
  folder = mkdtempSync(join(tmpdir(), 'twinpool-site-'));

  /** `options`: those of the engine. */
  static async open(options = {}) {
    const site = new Site();
    site.engine = await startEngine(Site.engineKind, options);
    if (site.engine === undefined) throw new Error(`there is no ${Site.engineKind} server here: see scripts/test-cluster.mjs`);
    return site;
  }

  /** Resolves when the node is ready. */
  async node(args = [], prefix = []) {
    const node = await startNode({ url: this.engine.url, queue: this.queue, tasks: TASKS, args, prefix });
    this.nodes.push(node);
    return node;
  }

  async connect(options = {}) {
    const runtime = await BullmqRuntime.connect({ connection: this.engine.url, queue: this.queue, tasks: TASKS, ...options });
    this.runtimes.push(runtime);
    return runtime;
  }

  sideFile(name = 'executions') {
    return join(this.folder, name);
  }

  lines(name = 'executions') {
    try {
      return readFileSync(this.sideFile(name), 'utf8').split('\n').filter(Boolean);
    } catch {
      return [];
    }
  }

  async until(holds, ms = 60_000) {
    const end = awake + ms;
    while (!(await holds())) {
      if (awake > end) throw new Error(`this did not hold within ${ms} ms: ${holds}`);
      await sleep(5);
    }
  }

  openQueue() {
    return new Queue(this.queue, { connection: { url: this.engine.url, maxRetriesPerRequest: null } });
  }

  /** Resolves with the number of keys that are left in Redis. */
  async end() {
    for (const runtime of this.runtimes) await runtime.terminate().catch(() => undefined);
    const keys = await this.engine.countKeys();
    for (const node of this.nodes) await node.end();
    await this.engine.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return keys;
  }
}

const STEP = 100;

/** Milliseconds for which this program ran so far, in steps: time for which it was stopped, or had no CPU, does not count. */
let awake = 0;
setInterval(() => (awake += STEP), STEP).unref();

/** Starts to measure for how long this program does not run. The function that it returns ends that, and returns the longest such time in milliseconds. */
export function stalls() {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last - STEP);
    last = now;
  };
  const timer = setInterval(look, STEP);
  return () => {
    look();
    clearInterval(timer);
    return Math.round(longest);
  };
}

/** Counts how each future ends: `lost` has no end, `wrong` another value, `settledTwice` two ends. */
export function watch(futures, expectedOf) {
  const ends = new Array(futures.length).fill(0);
  const out = { lost: 0, wrong: 0, settledTwice: 0, failed: 0, codes: {} };
  for (const [i, future] of futures.entries()) future.addDoneCallback(() => (ends[i] += 1));
  return async (deadline = 120_000) => {
    const end = awake + deadline;
    let isSettled = false;
    void Promise.allSettled(futures).then(() => (isSettled = true));
    while (!isSettled && awake <= end) await sleep(5);
    for (const [i, future] of futures.entries()) {
      if (ends[i] === 0) out.lost += 1;
      else if (ends[i] > 1) out.settledTwice += 1;
      if (ends[i] === 0) continue;
      const error = await future.exception();
      if (error !== undefined) {
        out.failed += 1;
        out.codes[error.code ?? error.name] = (out.codes[error.code ?? error.name] ?? 0) + 1;
      } else if ((await future.result()) !== expectedOf(i)) out.wrong += 1;
    }
    return out;
  };
}
