/**
 * Provides tasks that leave running code behind: `import { leave } from '@twinpool/testkit/leftovers'`.
 *
 *   task returns; its leftover waits for the file `fire` of the gate --> probe: context, report, reject or throw --> mark in the log
 *
 * Workers load this file, so it must not import a test runner.
 */
import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';
import { holdAsync, mark } from './tasks.ts';

/** What keeps the leftover running. */
export const WAYS = ['timer', 'promise', 'listener', 'port', 'stream', 'microtask'] as const;
export type Way = (typeof WAYS)[number];
/** What the leftover does when the gate fires. */
export const PROBES = ['context', 'report', 'console', 'reject', 'throw'] as const;
export type Probe = (typeof PROBES)[number];

const POLL_INTERVAL = 1;

/** Called by the test: makes the leftovers of this gate run their probes. */
export function fire(gate: string): void {
  writeFileSync(join(gate, 'fire'), '');
}

function isFired(gate: string): boolean {
  return existsSync(join(gate, 'fire')) || !existsSync(gate);
}

const probes: Record<Probe, (gate: string, report: (value: unknown) => void) => void> = {
  context(gate) {
    mark(gate, `context: ${codeOf(() => context().report('from a leftover'))}`);
  },
  report(gate, report) {
    mark(gate, `report: ${codeOf(() => report('from a leftover'))}`);
  },
  console(gate) {
    console.log('');
    mark(gate, 'console: printed');
  },
  reject(gate) {
    mark(gate, 'reject: done');
    void Promise.reject(new Error('rejected by a leftover'));
  },
  throw(gate) {
    mark(gate, 'throw: done');
    throw new Error('thrown by a leftover');
  },
};

function codeOf(action: () => void): string {
  try {
    action();
    return 'allowed';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}

const ways: Record<Way, (gate: string, probe: () => void) => void> = {
  timer(gate, probe) {
    const timer = setInterval(() => {
      if (!isFired(gate)) return;
      clearInterval(timer);
      probe();
    }, POLL_INTERVAL);
  },
  promise(gate, probe) {
    void (async () => {
      while (!isFired(gate)) await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
      probe();
    })();
  },
  listener(gate, probe) {
    const watcher = watch(gate, () => {
      if (!isFired(gate)) return;
      watcher.close();
      probe();
    });
  },
  port(gate, probe) {
    const { port1, port2 } = new MessageChannel();
    port1.on('message', () => {
      if (!isFired(gate)) {
        setTimeout(() => port2.postMessage(0), POLL_INTERVAL);
        return;
      }
      port1.close();
      probe();
    });
    port2.postMessage(0);
  },
  microtask(gate, probe) {
    ways.timer(gate, () => queueMicrotask(probe));
  },
  stream(gate, probe) {
    const stream = new Readable({
      read() {
        setTimeout(() => this.push('x'), POLL_INTERVAL);
      },
    });
    stream.on('data', () => {
      if (!isFired(gate)) return;
      stream.destroy();
      probe();
    });
  },
};

/** A synchronous task that leaves a leftover. */
export function leave(gate: string, way: Way, probe: Probe): string {
  const { report } = context();
  ways[way](gate, () => probes[probe](gate, report));
  return 'left';
}

/** An asynchronous task that leaves a leftover. */
export async function leaveLater(gate: string, way: Way, probe: Probe): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL));
  return leave(gate, way, probe);
}

/** Leaves a rejection and returns at once, or waits at the other gate. It returns a promise for some of its items only. */
export function leaveOrHold({ leaves, holds }: { leaves?: string; holds?: string }): string | Promise<string> {
  if (leaves !== undefined) return leave(leaves, 'timer', 'reject');
  return holdAsync(holds as string, 'held');
}

/** Runs the probe as part of the task, not as a leftover: the task waits for it. */
export async function probeWithin(gate: string, way: Way, probe: Probe): Promise<string> {
  const { report } = context();
  await new Promise<void>((resolve) => {
    ways[way](gate, () => {
      setTimeout(resolve, POLL_INTERVAL);
      probes[probe](gate, report);
    });
    mark(gate, 'within');
  });
  return 'waited';
}
