/** A program that moves from the pool to the executor file by file: one half has, and both run on the same two workers. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asExecutor, mapStream, Pool, toAsyncResult, toFuture } from 'twinpool';
import { countAll, type Poem, startCounting } from './counting.ts';
import { abbreviate, countLazily, total } from './reporting.ts';
import { count } from './text-tasks.ts';

const poems: Poem[] = [
  { title: 'Autumn', text: 'a leaf and another leaf and the wind' },
  { title: 'Winter', text: 'snow on the leaf' },
  { title: 'Spring', text: 'the leaf is back' },
  { title: 'Summer', text: 'each leaf is green again' },
];

await using pool = new Pool(2);
const executor = asExecutor(pool);

const old = await countAll(pool, poems);
const fresh = await countLazily(executor, poems);
for (const { title, words } of fresh) console.log(`${title}: ${words} words`);
const workers = new Set([...old, ...fresh].map(({ worker }) => worker));
console.log(`two APIs, at most two workers: ${workers.size <= 2 && pool.stats().workers <= 2}`);

// Handles cross over: results of the old half are futures to the new one …
const results = startCounting(pool, poems);
const futures = results.map((result) => toFuture(result));
console.log(`${await total(futures)} words in all; the old half sees it too: ${results.every((result) => result.ready())}`);

// … and a future of the new half is a result to the old one, with its get and its timeout.
const short = toAsyncResult(abbreviate(executor, 'the leaf is back'));
console.log(await short.get(10_000), short.successful());

// A stream takes either.
await pipeline(Readable.from(poems), mapStream(executor, count, { concurrency: 2 }), async (counted) => {
  for await (const { title } of counted) console.log(`streamed ${title}`);
});

// The executor is done; the pool goes on.
await executor.shutdown();
console.log(`after its shutdown the pool still counts: ${(await countAll(pool, poems.slice(0, 1)))[0]?.words}`);
