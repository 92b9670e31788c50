/** The new half: rewritten for an executor. It knows no pool, and what it is given by the old half are futures to it. */
import { asCompleted, type Executor, type Future } from 'twinpool/executor';
import type { Poem } from './counting.ts';
import { type Counted, count, initials } from './text-tasks.ts';

export async function countLazily(executor: Executor, poems: Iterable<Poem>): Promise<Counted[]> {
  const counted: Counted[] = [];
  for await (const each of executor.map(count, poems, { buffersize: 4 })) counted.push(each);
  return counted;
}

export async function total(futures: readonly Future<Counted>[]): Promise<number> {
  let words = 0;
  for await (const future of asCompleted(futures)) words += (await future.result()).words;
  return words;
}

export function abbreviate(executor: Executor, text: string): Future<string> {
  return executor.submit(initials, text);
}
