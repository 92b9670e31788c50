import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HELP, run } from '@twinpool/migrate/command';
import { describe, test } from '@twinpool/testkit/sample';
import { afterEach, beforeEach, expect } from 'vitest';
import { diff } from '../src/diff.ts';
import { findSourceFiles } from '../src/find-source-files.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'twinpool-migrate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function command(args: readonly string[], { env = {}, isTTY = false }: { env?: Record<string, string>; isTTY?: boolean } = {}) {
  const out: string[] = [];
  const errors: string[] = [];
  const code = run(args, {
    stdout: { write: (text) => out.push(text), isTTY },
    stderr: { write: (text) => errors.push(text) },
    env,
    cwd: () => folder,
  });
  return { code, out: out.join(''), errors: errors.join('') };
}

const PROGRAM = "import { Pool } from 'twinpool';\nconst pool = new Pool(2);\npool.close();\nawait pool.join();\n";

describe('misuse exits with 2 and prints the reason and the help', () => {
  test.each([
    [[], /the API to move to is missing/],
    [['--to', 'sideways'], /expected executor or pool/],
    [['--to', 'pool', '--from', 'threads'], /expected pool, executor, piscina, workerpool, tinypool, jest-worker/],
    [['--to', 'pool', '--from', 'pool'], /both are the same API/],
    [['--to', 'pool', '--wrong'], /--wrong/],
    [['--to', 'pool', '--write', '--check', 'a.ts'], /--write cannot be combined with --check/],
    [['--to', 'pool', 'missing.ts'], /missing\.ts does not exist/],
    [['--to', 'pool', 'notes.md'], /neither TypeScript nor JavaScript/],
    [['--to', 'pool', '--project', 'gone.json'], /gone\.json does not exist/],
    [['--to', 'pool', '--project', 'tsconfig.json', 'a.ts'], /--project cannot be combined with files or folders/],
    [['--to', 'pool'], /found no TypeScript or JavaScript file/],
  ])('%j', (args, expected) => {
    write({ 'notes.md': '' });
    const { code, out, errors } = command(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(errors).toMatch(expected);
    expect(errors).toContain(HELP);
  });
});

test('--help', () => {
  expect(command(['--help'])).toEqual({ code: 0, out: HELP, errors: '' });
});

test('without --write the command prints a diff and changes no file', () => {
  write({ 'main.ts': PROGRAM });
  const { code, out } = command(['--to', 'executor', 'main.ts']);
  expect(code).toBe(0);
  expect(out.split('\n')).toEqual([
    '--- a/main.ts',
    '+++ b/main.ts',
    '@@ -1,5 +1,4 @@',
    "-import { Pool } from 'twinpool';",
    '-const pool = new Pool(2);',
    '-pool.close();',
    '-await pool.join();',
    "+import { ProcessPoolExecutor } from 'twinpool';",
    '+const pool = new ProcessPoolExecutor(2);',
    '+await pool.shutdown();',
    ' ',
    '1 of 1 file would change, nothing is left',
    '',
  ]);
  expect(readFileSync(join(folder, 'main.ts'), 'utf8')).toBe(PROGRAM);
});

test('with --write the files change; a second run changes nothing', () => {
  write({ 'main.ts': PROGRAM });
  expect(command(['--to', 'executor', '--write', '.']).out).toBe('1 of 1 file changed, nothing is left\n');
  expect(readFileSync(join(folder, 'main.ts'), 'utf8')).toContain('new ProcessPoolExecutor(2);\nawait pool.shutdown();\n');
  expect(command(['--to', 'executor', '--write', '.']).out).toBe('0 of 1 file changed, nothing is left\n');
});

test('--check changes and prints no file, and exits with 1 until nothing would change', () => {
  write({ 'main.ts': PROGRAM });
  expect(command(['--to', 'executor', '--check', 'main.ts'])).toEqual({
    code: 1,
    out: '1 of 1 file would change, nothing is left\n',
    errors: '',
  });
  expect(readFileSync(join(folder, 'main.ts'), 'utf8')).toBe(PROGRAM);
  command(['--to', 'executor', '--write', 'main.ts']);
  expect(command(['--to', 'executor', '--check', 'main.ts']).code).toBe(0);
});

test('places that are left are listed, and the exit code is 1', () => {
  write({
    'a/main.ts':
      "import { Pool } from 'twinpool';\nconst pool = new Pool();\nconst r = pool.applyAsync(Math.abs, [1]);\nconsole.log(r.successful());\n",
  });
  const { code, out } = command(['--to', 'executor', '--write', 'a']);
  expect(code).toBe(1);
  expect(out).toMatch(
    /^a\/main\.ts:4:13: successful\(\) .* \(docs\/migrating-leftovers\.md#successful\)\n1 of 1 file changed, 1 place left as it is\n$/,
  );
});

describe('colour', () => {
  test.each([
    [{ isTTY: true }, true],
    [{ isTTY: false }, false],
    [{ isTTY: true, env: { NO_COLOR: '1' } }, false],
    [{ isTTY: true, env: { NO_COLOR: '' } }, true],
    [{ isTTY: true, env: { TERM: 'dumb' } }, false],
    [{ isTTY: false, env: { FORCE_COLOR: '1' } }, true],
    [{ isTTY: true, env: { FORCE_COLOR: '0' } }, false],
  ])('%j: %j', (overrides, expected) => {
    write({ 'main.ts': PROGRAM });
    expect(command(['--to', 'executor', '.'], overrides).out.includes('\u001b[32m+')).toBe(expected);
  });
});

describe('which files', () => {
  test('a folder: no node_modules, no ignored files, no declaration files', () => {
    write({
      '.gitignore': '# built\n/out\n*.gen.ts\n!kept.gen.ts\nbuild/\n',
      'a.ts': '',
      'out/b.ts': '',
      'src/out/c.mts': '',
      'src/d.gen.ts': '',
      'src/kept.gen.ts': '',
      'src/build/e.js': '',
      'src/.gitignore': 'f.cjs\n',
      'src/f.cjs': '',
      'src/g.d.ts': '',
      'node_modules/x/h.js': '',
    });
    expect(findSourceFiles(['.'], folder, undefined)).toEqual(['a.ts', 'src/kept.gen.ts', 'src/out/c.mts']);
  });

  test('a named file is read, even if it is ignored', () => {
    write({ '.gitignore': 'a.ts\n', 'a.ts': '' });
    expect(findSourceFiles(['a.ts', './a.ts'], folder, undefined)).toEqual(['a.ts']);
  });

  test('no argument: the files of tsconfig.json', () => {
    write({ 'tsconfig.json': '{ "include": ["src"], "exclude": ["src/old"] } // why not', 'src/a.ts': '', 'src/old/b.ts': '', 'c.ts': '' });
    expect(findSourceFiles([], folder, undefined)).toEqual(['src/a.ts']);
  });

  test('no argument and no tsconfig.json: this folder', () => {
    write({ 'a.mjs': '', 'b/c.tsx': '' });
    expect(findSourceFiles([], folder, undefined)).toEqual(['a.mjs', 'b/c.tsx']);
  });
});

describe('diff', () => {
  test('hunks with three lines of context, counted from 1', () => {
    const before = Array.from({ length: 30 }, (_, i) => `${i}`).join('\n');
    const after = before.replace('\n5\n', '\nfive\n').replace('\n25\n', '\n');
    expect(diff('x', before, after)).toEqual(
      ['--- a/x', '+++ b/x', '@@ -3,7 +3,7 @@', ' 2', ' 3', ' 4', '-5', '+five', ' 6', ' 7', ' 8'].concat([
        '@@ -23,7 +23,6 @@',
        ' 22',
        ' 23',
        ' 24',
        '-25',
        ' 26',
        ' 27',
        ' 28',
      ]),
    );
  });

  test('equal texts have no diff', () => {
    expect(diff('x', 'a\n', 'a\n')).toEqual([]);
  });
});
