/**
 * Provides gates: a test holds tasks in their workers until it opens the gate, so no test has to sleep.
 *
 *   task: mark in `log` --> wait for the file `open` --> return
 *   test: entered() reads `log`     open() creates `open`
 *
 * A gate is a folder; a task receives its path, which works in threads and processes. The log records each call with its worker. It is written
 * without any channel that is under test. A gate does not know which tasks use it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { PATIENCE } from './outcomes.ts';
import { LOG, OPEN } from './tasks.ts';

/** One call of a task that reached the gate. */
export interface Arrival {
  readonly pid: number;
  readonly threadId: number;
  readonly label: string;
}

export class Gate {
  /** The path that tasks receive. */
  readonly path: string = mkdtempSync(join(tmpdir(), 'twinpool-gate-'));

  /** All calls that reached the gate, in order. */
  arrivals(): Arrival[] {
    return read(join(this.path, LOG))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [pid, threadId, ...label] = line.split(' ');
        return { pid: Number(pid), threadId: Number(threadId), label: label.join(' ') };
      });
  }

  /** The labels of all calls that reached the gate, in order. */
  labels(): string[] {
    return this.arrivals().map(({ label }) => label);
  }

  /** Resolves when `count` calls have reached the gate; rejects after PATIENCE. */
  async entered(count = 1): Promise<Arrival[]> {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const arrivals = this.arrivals();
      if (arrivals.length >= count) return arrivals;
      if (performance.now() > end)
        throw new Error(`${arrivals.length} of ${count} tasks reached the gate in ${PATIENCE} ms: ${this.labels().join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Lets all waiting tasks continue, and all later ones. */
  open(): void {
    writeFileSync(join(this.path, OPEN), '');
  }
}

/** Makes a gate that is opened and removed at the end of the test. */
export function makeGate(): Gate {
  const gate = new Gate();
  onTestFinished(() => {
    gate.open();
    remove(gate.path);
  });
  return gate;
}

/** Removes the folder. A worker that is ending may still write into it: then it retries, and finally leaves the folder to the system. */
function remove(folder: string): void {
  try {
    // A waiting task also continues if the folder does not exist.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 10 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOTEMPTY') throw error;
    // The file `open` may have been removed: a late task would wait without end.
    writeFileSync(join(folder, OPEN), '');
  }
}

function read(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
