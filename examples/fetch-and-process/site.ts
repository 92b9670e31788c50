/** A web site to fetch from: a few dozen linked pages on this machine, each a little late, as real ones are. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGES = 24;
/** Milliseconds a page takes to answer. */
const LATENCY = 20;

export interface Site extends AsyncDisposable {
  readonly urls: string[];
}

export async function startSite(): Promise<Site> {
  const server = createServer(({ url = '/' }, response) => {
    const n = Number(/^\/page-(\d+)$/.exec(url)?.[1]);
    const found = n >= 1 && n <= PAGES;
    setTimeout(() => response.writeHead(found ? 200 : 404, { 'content-type': 'text/html' }).end(found ? page(n) : 'not here'), LATENCY);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urls: Array.from({ length: PAGES }, (_, i) => `http://127.0.0.1:${port}/page-${i + 1}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A page that links to its divisors, written as carelessly as much of the web: unquoted attributes, elements left open. */
function page(n: number): string {
  const divisors = Array.from({ length: n - 1 }, (_, i) => i + 1).filter((i) => n % i === 0);
  const links = divisors.map((i) => `<li><a href=/page-${i}>Page ${i}</a>`).join('\n');
  return `<!doctype html><title>Page ${n} &amp; its divisors</title>
<script>const text = "<a href=/not-a-link>";</script>
<h1>Page ${n}</h1>
<ul>${links}</ul>
${`<p>Some words on the number ${n}.`.repeat(n)}`;
}
