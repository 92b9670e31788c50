/**
 * Orders the waiting jobs of one client: the highest priority first, and the oldest first within a priority.
 *
 *   levels[0]: priority 5    first <-> job <-> last        levels[1]: priority 0    first <-> ... <-> last
 *
 * The links are in the jobs, so that a waiting call needs no further object. A job that had left the queue goes before all that came after it. It does
 * not know which jobs can be claimed.
 */
import type { Job } from '../jobs/job.ts';

interface Level {
  readonly priority: number;
  first: Job | undefined;
  last: Job | undefined;
}

export class JobQueue {
  /** The highest priority first; an empty level is removed. */
  readonly #levels: Level[] = [];

  get isEmpty(): boolean {
    return this.first === undefined;
  }
  get first(): Job | undefined {
    return this.#levels[0]?.first;
  }

  /** All jobs, in their order. */
  jobs(): Job[] {
    const jobs: Job[] = [];
    for (const { first } of this.#levels) for (let job = first; job !== undefined; job = job.next) jobs.push(job);
    return jobs;
  }

  add(job: Job): void {
    const level = this.#levelOf(job.settings.priority);
    let after = level.last;
    if (after !== undefined && after.order > job.order) {
      after = undefined;
      for (let older = level.first; older !== undefined && older.order <= job.order; older = older.next) after = older;
    }
    const before = after === undefined ? level.first : after.next;
    job.enqueue(after, before);
    if (after === undefined) level.first = job;
    if (before === undefined) level.last = job;
  }

  remove(job: Job): void {
    const { priority } = job.settings;
    const level = this.#levelOf(priority);
    if (level.first === job) level.first = job.next;
    if (level.last === job) level.last = job.previous;
    job.dequeue();
    // The last level stays: most queues have one, and are empty after each job.
    if (level.first === undefined && this.#levels.length > 1) this.#levels.splice(this.#levels.indexOf(level), 1);
  }

  #levelOf(priority: number): Level {
    let at = 0;
    while (at < this.#levels.length && (this.#levels[at] as Level).priority > priority) at += 1;
    const found = this.#levels[at];
    if (found?.priority === priority) return found;
    if (this.isEmpty) this.#levels.length = at = 0;
    const level: Level = { priority, first: undefined, last: undefined };
    this.#levels.splice(at, 0, level);
    return level;
  }
}
