/** Runs the programs of test/fixtures/task in separate processes, and descriptors in worker threads. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { TaskDescriptor } from '../../src/tasks/definition/task-descriptor.ts';

export const fixtures = new URL('../fixtures/task/', import.meta.url);

/** Returns the position of `snippet` in a fixture: `main.mjs:12:8`. The fixture must have it exactly once. */
export function placeOf(file: string, snippet: string): string {
  const text = readFileSync(new URL(file, fixtures), 'utf8');
  const [before = '', ...after] = text.split(snippet);
  if (after.length !== 1) throw new Error(`${after.length} times in ${file}: ${snippet}`);
  const lines = before.split('\n');
  return `${file.replace(/.*\//, '')}:${lines.length}:${(lines.at(-1) ?? '').length + 1}`;
}

/** The report of report.mjs for one function. */
export interface Outcome {
  readonly first: string;
  readonly state: string;
  readonly id: number;
  readonly name: string;
  readonly descriptor: TaskDescriptor & Record<string, unknown>;
  readonly error: { readonly name: string; readonly code: string; readonly message: string };
  readonly value: unknown;
  readonly failure: Failure;
  readonly warnings: readonly string[];
}

interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: string;
  readonly cause: { readonly name: string; readonly message: string };
}

/** Returns the outcomes that a program prints, by label. */
export async function outcomesOf(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<(label: string) => Outcome> {
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(fixtures),
    timeout: 30_000,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
  });
  const outcomes = JSON.parse(stdout) as Record<string, Outcome>;
  return (label) => {
    const outcome = outcomes[label];
    if (outcome === undefined) throw new Error(`no case '${label}'`);
    return outcome;
  };
}

export interface Answer {
  readonly value: unknown;
  readonly failure: Failure | undefined;
  /** The warnings of Node in that worker so far. */
  readonly warnings: readonly string[];
}

/** A worker thread that loads and calls descriptors in turn. */
export class Far {
  readonly #worker = new Worker(new URL('far.mjs', fixtures), { execArgv: [] });

  async call(descriptor: TaskDescriptor | undefined, ...args: readonly unknown[]): Promise<Answer> {
    this.#worker.postMessage({ descriptor, args });
    const [answer] = await once(this.#worker, 'message');
    return answer;
  }

  /** Calls all descriptors at the same time. Returns the answers in the order in which they come. */
  callAll(descriptors: readonly TaskDescriptor[]): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    const all = new Promise<readonly Answer[]>((resolve) => {
      const hear = (answer: Answer): void => {
        if (answers.push(answer) < descriptors.length) return;
        this.#worker.off('message', hear);
        resolve(answers);
      };
      this.#worker.on('message', hear);
    });
    for (const descriptor of descriptors) this.#worker.postMessage({ descriptor, args: [] });
    return all;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
