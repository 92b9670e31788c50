// Builds the site into docs/.vitepress/dist: the reference from the docstrings, the pages, each page as Markdown, llms.txt and llms-full.txt.
// It needs no network.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const site = join(folder, '.vitepress/dist');

function run(program, args) {
  const { status, error } = spawnSync(process.execPath, [join(folder, 'node_modules', program), ...args], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** The pages by their path, without the generated reference and the home page. */
function pages() {
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.md') && !/^(api|node_modules|\.vitepress)/.test(name) && name !== 'index.md')
    .sort();
}

/** The text of a page: without comments, and with the files that it includes. */
function textOf(name) {
  const text = readFileSync(join(folder, name), 'utf8');
  return text
    .replace(/<!--@include: (\S+)-->/g, (_, file) => readFileSync(join(folder, dirname(name), file), 'utf8'))
    .replace(/<!--[\s\S]*?-->\n*/g, '')
    .trim();
}

const titleOf = (text) => /^# (.+)$/m.exec(text)?.[1] ?? '';
/** The first paragraph of a page, in one line. */
const summaryOf = (text) =>
  text
    .split(/\n{2,}/)
    .find((part) => !/^(#|```|\||<|-|\d)/.test(part))
    ?.replaceAll('\n', ' ') ?? '';

function writeMarkdown() {
  const texts = pages().map((name) => ({ name: name.replace(/README\.md$/, 'index.md'), text: textOf(name) }));
  for (const { name, text } of texts) {
    mkdirSync(dirname(join(site, name)), { recursive: true });
    writeFileSync(join(site, name), `${text}\n`);
  }
  cpSync(join(folder, 'api'), join(site, 'api'), { recursive: true, filter: (path) => !path.endsWith('.json') });
  // What a reader needs first comes first.
  const first = ['start.md', 'cheat-sheet.md', 'choosing.md', 'guide.md', 'tasks.md', 'pool.md', 'executor.md'];
  const rank = ({ name }) => (first.includes(name) ? first.indexOf(name) : first.length);
  const ordered = texts.toSorted((one, other) => rank(one) - rank(other));
  const lines = ordered.map(({ name, text }) => `- [${titleOf(text)}](${name}): ${summaryOf(text)}`);
  const about =
    "# twinpool\n\n> Python's multiprocessing.Pool and concurrent.futures for Node.js: two APIs over one set of worker processes or threads.\n";
  writeFileSync(join(site, 'llms.txt'), `${about}\n## Pages\n\n${lines.join('\n')}\n`);
  const whole = ordered.filter(({ name }) => !/^(decisions|benchmarks|migrating-coverage|conformance)/.test(name));
  writeFileSync(join(site, 'llms-full.txt'), `${about}\n${whole.map(({ text }) => text).join('\n\n---\n\n')}\n`);
}

rmSync(join(folder, 'api'), { recursive: true, force: true });
run('typedoc/bin/typedoc', []);
run('vitepress/bin/vitepress.js', ['build', '.']);
writeMarkdown();
