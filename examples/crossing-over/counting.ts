/** The old half: written for a pool, and left as it is. */
import type { AsyncResult, Pool } from 'twinpool/pool';
import { type Counted, count } from './text-tasks.ts';

export interface Poem {
  readonly title: string;
  readonly text: string;
}

export function countAll(pool: Pool, poems: readonly Poem[]): Promise<Counted[]> {
  return pool.map(count, poems);
}

export function startCounting(pool: Pool, poems: readonly Poem[]): AsyncResult<Counted>[] {
  return poems.map((poem) => pool.applyAsync(count, [poem]));
}
