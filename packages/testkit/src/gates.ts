/**
 * Gates: a test holds tasks in their workers until it lets them go, and so never sleeps to be "sure that it runs by now".
 *
 * A gate is a folder, and what a task is given of it is the path: that reaches threads and processes alike. The tasks that stop at one
 * (`hold`, `holdAsync` in tasks.ts) write a line to its log when they come and look for the file `open`; the log is also the ledger of
 * what was called, how often and where, written past every channel that is under test.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PATIENCE } from './outcomes.ts';
import { LOG, OPEN } from './tasks.ts';

/** One call of a task that came by the gate. */
export interface Arrival {
  readonly pid: number;
  readonly threadId: number;
  readonly label: string;
}

export class Gate {
  /** What tasks are given. */
  readonly path: string = mkdtempSync(join(tmpdir(), 'twinpool-gate-'));

  /** Every call that came by, in order. */
  arrivals(): Arrival[] {
    return read(join(this.path, LOG))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [pid, threadId, ...label] = line.split(' ');
        return { pid: Number(pid), threadId: Number(threadId), label: label.join(' ') };
      });
  }

  /** The labels of the calls that came by, in order. */
  labels(): string[] {
    return this.arrivals().map(({ label }) => label);
  }

  /** Resolves when `count` calls have come by; rejects when they do not come. */
  async entered(count = 1): Promise<Arrival[]> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const arrivals = this.arrivals();
      if (arrivals.length >= count) return arrivals;
      if (performance.now() > end)
        throw new Error(`${arrivals.length} of ${count} tasks came to the gate in ${PATIENCE} ms: ${this.labels().join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Lets go all that wait, and whoever comes later. */
  open(): void {
    writeFileSync(join(this.path, OPEN), '');
  }
}

/** A gate that is opened and removed when the test is over. */
export function makeGate(): Gate {
  const gate = new Gate();
  onTestFinished(() => {
    gate.open();
    remove(gate.path);
  });
  return gate;
}

/** A worker that is being ended may still write into it: then it is tried again, and when that goes on, left to the system. */
function remove(folder: string): void {
  try {
    // A task that waits looks for the folder, too.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOTEMPTY') throw error;
    // The file that lets them go may be what was removed: a task that came late would wait for ever.
    writeFileSync(join(folder, OPEN), '');
  }
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
