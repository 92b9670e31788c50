/**
 * Tasks that leave code behind which goes on after them: `import { leave } from '@twinpool/testkit/leftovers'`.
 *
 * A leftover waits until the gate's file `fire` is there, then probes: it asks for a context, reports, rejects or throws, and logs what it
 * saw. Loaded in workers, so it imports nothing of a test runner.
 */
import { existsSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { MessageChannel } from 'node:worker_threads';
import { context } from '@twinpool/core/worker';
import { holdAsync, mark } from './tasks.ts';

/** How the leftover goes on. */
export const WAYS = ['timer', 'promise', 'listener', 'port', 'stream'] as const;
export type Way = (typeof WAYS)[number];
/** What it does when it is fired. */
export const PROBES = ['context', 'report', 'console', 'reject', 'throw'] as const;
export type Probe = (typeof PROBES)[number];

const LOOK_EVERY = 1;

/** From the test: lets the leftovers of this gate probe. */
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
    }, LOOK_EVERY);
  },
  promise(gate, probe) {
    void (async () => {
      while (!isFired(gate)) await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
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
        setTimeout(() => port2.postMessage(0), LOOK_EVERY);
        return;
      }
      port1.close();
      probe();
    });
    port2.postMessage(0);
  },
  stream(gate, probe) {
    const stream = new Readable({
      read() {
        setTimeout(() => this.push('x'), LOOK_EVERY);
      },
    });
    stream.on('data', () => {
      if (!isFired(gate)) return;
      stream.destroy();
      probe();
    });
  },
};

/** A synchronous task. */
export function leave(gate: string, way: Way, probe: Probe): string {
  const { report } = context();
  ways[way](gate, () => probes[probe](gate, report));
  return 'left';
}

/** An asynchronous one. */
export async function leaveLater(gate: string, way: Way, probe: Probe): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  return leave(gate, way, probe);
}

/** Leaves a rejection behind and is over at once, or waits at the other gate: a function that returns a promise for some of its items. */
export function leaveOrHold({ leaves, holds }: { leaves?: string; holds?: string }): string | Promise<string> {
  if (leaves !== undefined) return leave(leaves, 'timer', 'reject');
  return holdAsync(holds as string, 'held');
}

/** The task's own code, and not a leftover: the task waits for it. */
export async function probeWithin(gate: string, way: Way, probe: Probe): Promise<string> {
  const { report } = context();
  await new Promise<void>((resolve) => {
    ways[way](gate, () => {
      setTimeout(resolve, LOOK_EVERY);
      probes[probe](gate, report);
    });
    mark(gate, 'within');
  });
  return 'waited';
}
