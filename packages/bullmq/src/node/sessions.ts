/**
 * Keeps the local workers of a node, by session: those of clients that ask for nothing special, and those of each client with an initializer or limits.
 *
 *   job with session text --known--> its workers
 *                         '--new--> workers are made; beyond MOST the sessions that were used least recently, and have no job, end
 *
 * It does not know what a session contains.
 */
import { decodeSession } from '../wire/session.ts';
import { type LocalOptions, LocalWorkers, type TaskMap } from './local-workers.ts';

/** Sessions that a node keeps. More: more idle workers. Fewer: clients that take turns start workers each time. */
const MOST = 4;

interface Kept {
  readonly workers: LocalWorkers;
  readonly client: string;
  jobs: number;
}

export class Sessions {
  readonly #options: LocalOptions;
  readonly #tasks: TaskMap;
  readonly #made: (workers: LocalWorkers) => void;
  /** The most recently used last. */
  readonly #kept = new Map<string, Kept>();
  readonly #ending = new Set<Promise<void>>();

  /** `made` is called with new workers, whose output the caller reads. */
  constructor(options: LocalOptions, tasks: TaskMap, made: (workers: LocalWorkers) => void) {
    this.#options = options;
    this.#tasks = tasks;
    this.#made = made;
  }

  /** Workers for a job; the caller calls `leave` when the job has ended. Throws if the text is damaged. */
  enter(text: string): LocalWorkers {
    let kept = this.#kept.get(text);
    if (kept === undefined || kept.workers.isBroken) {
      if (kept !== undefined) this.#end(text, kept);
      const session = text === '' ? undefined : decodeSession(text);
      const workers = new LocalWorkers(this.#options, this.#tasks, session);
      this.#made(workers);
      kept = { workers, client: session?.client ?? '', jobs: 0 };
    }
    this.#kept.delete(text);
    this.#kept.set(text, kept);
    kept.jobs += 1;
    this.#endSpare();
    return kept.workers;
  }

  leave(text: string): void {
    const kept = this.#kept.get(text);
    if (kept === undefined) return;
    kept.jobs -= 1;
    if (kept.workers.isBroken && kept.jobs === 0) this.#end(text, kept);
  }

  /** Clients that are gone need no workers. */
  endOf(isGone: (client: string) => boolean): void {
    for (const [text, kept] of this.#kept) if (text !== '' && kept.jobs === 0 && isGone(kept.client)) this.#end(text, kept);
  }

  async end(): Promise<void> {
    for (const [text, kept] of this.#kept) this.#end(text, kept);
    await Promise.all(this.#ending);
  }

  async kill(): Promise<void> {
    await Promise.all([...this.#kept.values()].map(({ workers }) => workers.kill()));
  }

  #endSpare(): void {
    let spare = this.#kept.size - MOST;
    for (const [text, kept] of this.#kept) {
      if (spare <= 0) return;
      if (text === '' || kept.jobs > 0) continue;
      this.#end(text, kept);
      spare -= 1;
    }
  }

  #end(text: string, { workers }: Kept): void {
    this.#kept.delete(text);
    const ending = workers.end().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
