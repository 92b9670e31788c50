// Looks at each page of the built site with axe-core in Chromium's headless shell (or `CHROMIUM=...`), at the width of a desktop and of a phone, in the light and in the dark.
// Usage: node docs/check-accessibility.mjs [--all] [--pictures FOLDER] [page...]     fails with a serious or critical violation. Requires `npm run docs:build`
//
// Each page is looked at in one of the four combinations, the next page in the next one; with names of pages each of them in all four. Of the
// reference, whose pages are all made in the same way, it looks at every twentieth page; with --all at all. --pictures saves a screenshot of the window at each look.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const site = fileURLToPath(new URL('.vitepress/dist', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1600, height: 1000 } },
  { colorScheme: 'dark', viewport: { width: 400, height: 800 } },
  { colorScheme: 'light', viewport: { width: 400, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 1600, height: 1000 } },
];

const { values: options, positionals } = parseArgs({
  options: { all: { type: 'boolean', default: false }, pictures: { type: 'string' } },
  allowPositionals: true,
});

const wanted = (name) => positionals.length === 0 || positionals.includes(name);
const pages = readdirSync(site, { recursive: true })
  .filter((name) => name.endsWith('.html') && wanted(name.slice(0, -'.html'.length)))
  .sort()
  .filter((name, at) => !name.startsWith('api/') || options.all || positionals.length > 0 || at % 20 === 0);
const inAllLooks = positionals.length > 0;
const todo = LOOKS.map((_, at) => pages.filter((_page, place) => inAllLooks || place % LOOKS.length === at));
const count = todo.flat().length;
let found = 0;

const server = createServer((request, response) => {
  const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  try {
    const body = readFileSync(join(site, path));
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
try {
  await Promise.all(LOOKS.map(lookAtPages));
} finally {
  await browser.close();
  server.close();
}
console.log(found === 0 ? `accessibility: ${count} looks, all good` : `accessibility: ${found} problem(s)`);
process.exitCode = found === 0 ? 0 : 1;

function complain(text) {
  found += 1;
  console.error(`  ${text}`);
}

async function lookAtPages(look, at) {
  const context = await browser.newContext({ ...look, reducedMotion: 'reduce' });
  const tab = await context.newPage();
  for (const page of todo[at]) {
    await tab.goto(`http://127.0.0.1:${server.address().port}/${page}`, { waitUntil: 'load', timeout: 60_000 });
    await lookAt(tab, `${page.slice(0, -'.html'.length)}, ${look.viewport.width} px, ${look.colorScheme}`);
  }
}

async function lookAt(tab, name) {
  await tab.evaluate(axe.source);
  const { violations } = await tab.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'] }));
  for (const { id, impact, help, nodes } of violations.filter((each) => ['serious', 'critical'].includes(each.impact)))
    complain(`${name}: ${impact}, ${id}: ${help}; ${nodes.length} place(s), first ${nodes[0].target}`);
  const over = await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) complain(`${name}: is ${over} px wider than the window`);
  if (options.pictures !== undefined) await tab.screenshot({ path: join(options.pictures, `${name.replaceAll(/\W+/g, '-')}.png`) });
}
