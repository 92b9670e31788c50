/**
 * Judges the outcomes of races, and counts them in tables.
 *
 * Every outcome that is not forbidden is acceptable. The rules know events and outcomes but not workers, so they apply to fake and real ones.
 */
export interface Seen {
  readonly outcome: string;
  /** The result of `cancel()`; undefined if it was not called. */
  readonly cancelled?: boolean | undefined;
  /** Of the second task, where one was submitted. */
  readonly other?: string | undefined;
  /** How often its done-callback was called. */
  readonly dones: number;
  readonly began: number;
  /** Of the close or terminate. */
  readonly end: string;
  /** The outcome of a task that is submitted at the end; undefined if the facade was closed. */
  readonly next?: string | undefined;
  /** Workers and timers that are left; tasks counted twice or not at all; warnings. */
  readonly left: number;
  readonly counted: number;
  readonly warnings: number;
}

export interface Raced {
  readonly api: 'pool' | 'executor';
  readonly events: readonly [first: string, second: string];
  readonly moment: string;
  readonly seen: Seen;
}

/** Which events an outcome needs. */
const CAUSES: Readonly<Record<string, readonly string[]>> = {
  '6': ['result', '*'],
  WORKER_LOST: ['kill'],
  TASK_TIMEOUT: ['timeout'],
  CANCELLED: ['cancel', 'abort', 'closeAndCancel', 'terminate'],
  POOL_TERMINATED: ['terminate'],
  BROKEN: ['terminate'],
};
const CLOSING: readonly string[] = ['close', 'closeAndCancel', 'terminate'];

/** Why this is forbidden; empty where it is not. */
export function verdictOn({ api, events, moment, seen }: Raced): string[] {
  const wrong: string[] = [];
  const forbid = (when: boolean, why: string) => {
    if (when) wrong.push(why);
  };
  const has = (...names: readonly string[]) => events.some((event) => names.includes(event));
  const { outcome, cancelled } = seen;
  forbid(outcome === 'pending', 'it never settles');
  forbid(seen.dones !== 1, `its done-callback was called ${seen.dones} times`);
  forbid(seen.began > 1, `it began ${seen.began} times`);
  forbid(seen.counted !== 0, `stats() count ${seen.counted} tasks too many`);
  forbid(seen.end === 'pending', 'the close never ends');
  forbid(has(...CLOSING) && seen.left > 0, `${seen.left} workers or timers are left`);
  forbid(seen.warnings > 0, `${seen.warnings} warnings`);
  forbid(seen.next !== undefined && seen.next !== '10', `the next task: ${seen.next}`);

  forbid(cancelled === true && outcome !== 'CANCELLED', 'cancel() said true, and it was not cancelled');
  forbid(cancelled === true && seen.began > 0 && !has('abort', 'closeAndCancel', 'terminate'), 'cancel() said true, and it began');
  forbid(
    outcome === 'CANCELLED' && cancelled === false && !has(...(CAUSES['CANCELLED'] ?? []).slice(1)),
    'cancel() said false, and it was cancelled',
  );
  const causes = CAUSES[outcome];
  forbid(causes === undefined || !(has(...causes) || causes.includes('*')), `nothing that happened leads to ${outcome}`);
  forbid(outcome === '6' && seen.began !== 1, 'a value, and it never began');
  forbid(outcome === 'BROKEN' && api === 'pool', 'a pool is terminated, not broken');
  forbid(outcome === 'POOL_TERMINATED' && api === 'executor', 'an executor knows no PoolTerminatedError');
  forbid(outcome === 'CANCELLED' && moment === 'running' && !has('abort'), 'a running task was cancelled');
  forbid(events[0] === 'result' && moment !== 'waiting' && outcome !== '6', 'the result was there first, and did not win');

  const isRefused = seen.other?.startsWith('refused') ?? false;
  forbid(isRefused && !CLOSING.includes(events[0]), 'a task was refused by an open facade');
  forbid(seen.other !== undefined && !isRefused && CLOSING.includes(events[0]), 'a task was accepted by a closed facade');
  forbid(seen.other === 'pending', 'the second task never settles');
  forbid(seen.other !== undefined && !isRefused && seen.other !== '8' && !has(...CLOSING.slice(1)), `the second task: ${seen.other}`);
  return wrong;
}

/** How often each outcome of each pair was seen. */
export class Tables {
  readonly #pairs = new Map<string, Map<string, number>>();

  add(first: string, second: string, { outcome, cancelled, other }: Seen): void {
    const pair = [first, second].sort().join(' ‖ ');
    const text = [outcome, cancelled === undefined ? '' : `cancel() ${cancelled}`, other === undefined ? '' : `second: ${other}`];
    const what = text.filter(Boolean).join(', ');
    const table = this.#pairs.get(pair) ?? new Map<string, number>();
    this.#pairs.set(pair, table.set(what, (table.get(what) ?? 0) + 1));
  }

  print(): string {
    const lines = [...this.#pairs]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([pair, table]) => {
        const counts = [...table].sort(([, a], [, b]) => b - a).map(([what, count]) => `${count} × {${what}}`);
        return `${pair.padEnd(28)} ${counts.join('  ')}`;
      });
    return lines.join('\n');
  }
}
