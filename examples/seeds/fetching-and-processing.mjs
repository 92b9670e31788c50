/** Fetches pages concurrently in the program, and passes each page to a worker process as soon as it arrives. With each API. */
import { createServer } from 'node:http';
import { Pool, ProcessPoolExecutor } from 'twinpool';

/** The article asks example.com; this page is on this machine, and a little late as well. */
const PAGE = `<!doctype html><title>Example</title>${'<p>Some text.'.repeat(40)}`;

const server = createServer((_request, response) => setTimeout(() => response.end(PAGE), 10));
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
const urls = Array.from({ length: 5 }, () => `http://127.0.0.1:${port}/`);

/** @param {string} url */
const fetchText = async (url) => (await fetch(url)).text();

/** @param {string} html */
const processPage = async (html) => {
  await new Promise((resolve) => setTimeout(resolve, 10)); // stands for parsing
  return `Processed: ${html.length} bytes`;
};

await ProcessPoolExecutor.use({ maxWorkers: 2 }, async (executor) => {
  const fetchAndProcess = async (/** @type {string} */ url) => executor.submit(processPage, await fetchText(url));
  for (const result of await Promise.all(urls.map(fetchAndProcess))) console.log(result);
});

// A pool takes the pages as they come, as an asynchronous input.
async function* pages() {
  for (const page of urls.map(fetchText)) yield page;
}
await Pool.use(2, async (pool) => {
  for (const result of await pool.map(processPage, pages())) console.log(result);
});

server.closeAllConnections();
server.close();
