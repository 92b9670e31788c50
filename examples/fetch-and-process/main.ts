/**
 * Pages are fetched concurrently, which is waiting and needs no worker; parsing them is computing, and goes to worker processes.
 * Once with each API.
 */
import { deepStrictEqual } from 'node:assert';
import { Pool, ProcessPoolExecutor } from 'twinpool';
import { type Facts, type Page, parsePage } from './parse-page.ts';
import { startSite } from './site.ts';

const WORKERS = 2;
/** Pages that are fetched at the same time. */
const CONCURRENCY = 8;

async function fetchPage(url: string): Promise<Page> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return { url, html: await response.text() };
}

/** The executor's way: each page goes on to a worker as soon as it is there. */
async function withExecutor(urls: string[]): Promise<Facts[]> {
  await using executor = new ProcessPoolExecutor(WORKERS);
  const fetchAndParse = async (url: string) => executor.submit(parsePage, await fetchPage(url));
  return await Promise.all(urls.map(fetchAndParse));
}

/** The pool's way: pages are an asynchronous input, read as fast as the workers take them. */
async function withPool(urls: string[]): Promise<Facts[]> {
  await using pool = new Pool(WORKERS);
  const facts: Facts[] = [];
  for await (const each of pool.imap(parsePage, fetchAhead(urls))) facts.push(each);
  return facts;
}

/** Pages in the order of their URLs, with a few always under way. */
async function* fetchAhead(urls: string[]): AsyncGenerator<Page> {
  const underWay: Promise<Page>[] = [];
  for (const url of urls) {
    const page = fetchPage(url);
    page.catch(() => undefined); // the code that awaits it reports the error, perhaps later
    underWay.push(page);
    if (underWay.length === CONCURRENCY) yield underWay.shift() as Promise<Page>;
  }
  yield* underWay;
}

await using site = await startSite();
const facts = await withExecutor(site.urls);
deepStrictEqual(await withPool(site.urls), facts);

for (const { path, title, links, words } of facts) console.log(`${path}: "${title}", ${links.length} links, ${words} words`);

const linked = new Map<string, number>();
for (const link of facts.flatMap(({ links }) => links)) linked.set(link, (linked.get(link) ?? 0) + 1);
const [most] = [...linked].sort(([, a], [, b]) => b - a);
console.log(`\n${facts.length} pages, the same facts from both APIs; most linked: ${most?.[0]}, ${most?.[1]} times.`);
