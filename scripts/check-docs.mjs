// Runs and type-checks the code of README.md, of the pages in docs/ and of packages/*/README.md, and checks their links. Requires a build.
// Usage: node scripts/check-docs.mjs [page...]
//
// It type-checks every ```ts and ```js block. Words after the language select more:
//   run                   run the block (TypeScript with tsx, `sh` with bash and the `twinpool` command); a ```text block right after it is the expected output (`<any>`: any text)
//   file=tasks.ts         the other blocks of the page can import the block by this name
//   untyped               do not type-check the block: JavaScript for another library
//   same=examples/a/b.ts  the block must equal that file, which another check runs
// <!-- preamble ... --> contains declarations. They are checked with each later block that is not run, so that a block shows only its subject.
//
// Each block becomes a file with empty lines before it, so that line numbers in messages are line numbers of the page.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { conclude, packages, root, run } from './workspace.mjs';

const LIMIT = 60_000;
const OPTIONS = { target: 'ES2023', lib: ['ES2023', 'ESNext.Disposable'], types: ['node'], module: 'NodeNext', moduleDetection: 'force' };
const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: true, checkJs: true };
const NO_OUTPUT = { noEmit: true, allowImportingTsExtensions: true, erasableSyntaxOnly: true, verbatimModuleSyntax: true };

/** The libraries that the pages about migration import. */
const PEERS = ['piscina', 'workerpool', 'tinypool', 'jest-worker'];

const problems = [];
const wanted = process.argv.slice(2);
const pages = [
  'README.md',
  ...readdirSync(`${root}docs`, { recursive: true })
    .filter((name) => !/^(api|node_modules|\.vitepress)/.test(name))
    .map((name) => `docs/${name}`),
  ...packages.filter(({ manifest }) => !manifest.private).map(({ folder }) => `packages/${folder}/README.md`),
]
  .filter((page) => page.endsWith('.md') && (wanted.length === 0 || wanted.includes(page)))
  .sort();

/** The fenced blocks of a page: language, words, first line (from 0) and text; `prints` is the expected output of a block that runs. */
function blocksOf(lines) {
  const blocks = [];
  let preamble = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)```(\w*) ?(.*)$/.exec(lines[i]);
    if (/^<!-- preamble/.test(lines[i])) {
      const end = lines.indexOf('-->', i);
      preamble = lines.map((line, at) => (at > i && at < end ? line : ''));
      i = end;
    } else if (fence !== null) {
      const end = lines.indexOf(`${fence[1]}\`\`\``, i + 1);
      const text = lines.slice(i + 1, end).map((line) => line.slice(fence[1].length));
      const words = Object.fromEntries(fence[3].split(' ').map((word) => `${word}=`.split('=')));
      const previous = blocks.at(-1);
      if (
        fence[2] === 'text' &&
        previous?.words.run !== undefined &&
        lines
          .slice(previous.end + 1, i)
          .join('')
          .trim() === ''
      )
        previous.prints = text;
      blocks.push({ language: fence[2], words, start: i + 1, end, text, preamble });
      i = end;
    }
  }
  return blocks;
}

function link(project, name) {
  const target = [
    `${root}examples/node_modules/`,
    `${root}node_modules/`,
    `${root}bench/node_modules/`,
    `${root}packages/twinpool/node_modules/`,
  ]
    .map((folder) => folder + name)
    .concat(packages.filter(({ manifest }) => manifest.name === name).map(({ folder }) => `${root}packages/${folder}`))
    .find((path) => existsSync(path));
  if (target === undefined) throw new Error(`docs: ${name} is not installed`);
  const path = join(project, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(realpathSync(target), path, 'dir');
}

/** Puts the `twinpool` command into a folder of programs, as an install does. */
function installCommand() {
  const file = join(project, 'bin/twinpool');
  mkdirSync(dirname(file));
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${root}packages/twinpool/dist/command.js" "$@"\n`);
  chmodSync(file, 0o755);
}

/** Writes the blocks of a page into the project; returns those to run. */
function layOut(page, lines, project) {
  const folder = join(project, page.replace(/\.md$/, ''));
  mkdirSync(folder, { recursive: true });
  const programs = [];
  for (const { language, words, start, text, prints, preamble } of blocksOf(lines)) {
    if (language === 'sh' && words.run !== undefined) {
      const file = join(folder, `line-${start}.sh`);
      writeFileSync(file, [...lines.slice(0, start).map(() => ''), ...text, ''].join('\n'));
      programs.push({ file, where: `${page}:${start}`, prints });
    }
    if (language !== 'ts' && language !== 'js') continue;
    if (words.same !== undefined) {
      const same = existsSync(root + words.same) && readFileSync(root + words.same, 'utf8').trimEnd() === text.join('\n').trimEnd();
      if (!same) problems.push(`${page}:${start}: is not the text of ${words.same}`);
      continue;
    }
    const file = join(folder, words.file ?? `line-${start}.${language}`);
    const before = lines.slice(0, start).map((_, at) => (words.run === undefined && words.file === undefined ? (preamble[at] ?? '') : ''));
    if (words.untyped !== undefined) before[0] = '// @ts-nocheck';
    writeFileSync(file, [...before, ...text, ''].join('\n'));
    if (words.run !== undefined) programs.push({ file, where: `${page}:${start}`, prints });
  }
  return programs;
}

async function execute({ file, where, prints }) {
  const loader = file.endsWith('.ts') ? ['--import', 'tsx'] : [];
  const [program, args] = file.endsWith('.sh') ? ['bash', ['-e', file]] : [process.execPath, [...loader, file]];
  const env = { ...process.env, PATH: `${join(project, 'bin')}${delimiter}${process.env.PATH}` };
  const { code, stdout, stderr } = await run(program, args, { cwd: dirname(file), limit: LIMIT, env });
  if (code !== 0 || /^\(node:\d+\)/m.test(stderr)) problems.push(`${where}: ended with ${code}\n${stderr.trimEnd()}`);
  else if (prints !== undefined && !isLike(prints, stdout.trimEnd().split('\n'))) {
    problems.push(`${where}: prints\n${stdout.trimEnd()}\n  instead of\n${prints.join('\n')}`);
  }
}

function isLike(expected, printed) {
  const pattern = (line) =>
    line
      .trimEnd()
      .split('<any>')
      .map(RegExp.escape ?? ((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')));
  return (
    expected.length === printed.length &&
    expected.every((line, i) => new RegExp(`^${pattern(line).join('.*')}$`).test(printed[i].trimEnd()))
  );
}

/** The anchor of a heading, as GitHub builds it. */
const anchor = (heading) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');

function checkLinks(page, lines) {
  for (const [i, line] of lines.entries()) {
    for (const [, target, hash] of line.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      const path = target === '' ? root + page : join(root, dirname(page), target);
      if (!existsSync(path)) problems.push(`${page}:${i + 1}: ${target} does not exist`);
      else if (hash !== undefined) {
        const headings = readFileSync(path, 'utf8').matchAll(/^#+ (.*)$/gm);
        if (![...headings].some(([, heading]) => anchor(heading) === hash))
          problems.push(`${page}:${i + 1}: ${target} has no heading #${hash}`);
      }
    }
  }
}

const project = mkdtempSync(join(tmpdir(), 'twinpool-docs-'));
try {
  const ours = packages.filter(({ manifest }) => !manifest.private).map(({ manifest }) => manifest.name);
  for (const name of [...ours, 'zod', 'tsx', 'vitest', '@types/node', ...PEERS]) link(project, name);
  installCommand();
  const programs = [];
  for (const page of pages) {
    const lines = readFileSync(root + page, 'utf8')
      .replaceAll('\r\n', '\n')
      .split('\n');
    programs.push(...layOut(page, lines, project));
    checkLinks(page, lines);
  }
  const compilerOptions = { ...OPTIONS, ...STRICT, ...NO_OUTPUT, allowJs: true };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['README/**/*', 'docs/**/*'] }));
  const { code, stdout } = await run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '--pretty', 'false', '-p', '.'], {
    cwd: project,
  });
  if (code !== 0) problems.push(...stdout.trim().split('\n'));
  for (const program of programs) await execute(program);
} finally {
  rmSync(project, { recursive: true, force: true });
}
conclude('docs', problems, pages.join(', '));
