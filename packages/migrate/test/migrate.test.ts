import { readFileSync } from 'node:fs';
import { migrate } from '@twinpool/migrate';
import { describe, expect, test } from 'vitest';
import { REASONS } from '../src/leftover-reasons.ts';

/** Rewrites all programs in one call, which saves analyses. The keys are program names and file paths. */
function rewritten(programs: Record<string, Record<string, string>>, to: 'pool' | 'executor') {
  const sources = Object.entries(programs).flatMap(([name, files]) =>
    Object.entries(files).map(([path, text]) => ({ path: `/programs/${name}/${path}`, text })),
  );
  const { files, leftovers } = migrate(sources, { to });
  return {
    leftovers,
    text: (name: string, path = 'main.ts') =>
      files.find((file) => file.path === `/programs/${name}/${path}`)?.after ?? programs[name]?.[path] ?? '',
    isChanged: (name: string, path = 'main.ts') => files.some((file) => file.path === `/programs/${name}/${path}`),
  };
}

describe('bindings, not names', () => {
  const result = rewritten(
    {
      alias: { 'main.ts': "import { Pool as Workers } from 'twinpool';\nconst workers = new Workers(2);\n" },
      namespace: { 'main.mts': "import * as tp from 'twinpool';\nconst pool = new tp.ThreadPool(1);\npool.close();\n" },
      subpath: {
        'main.ts': "import { Pool, PoolClosedError } from 'twinpool/pool';\nconst pool = new Pool();\nconsole.log(PoolClosedError);\n",
      },
      scoped: {
        'main.ts':
          "import { Pool } from '@twinpool/pool';\nawait using pool = new Pool();\nconst r = pool.apply(Math.abs, [1]);\nconsole.log(r);\n",
      },
      require: { 'main.cjs': "const { Pool } = require('twinpool');\nconst pool = new Pool(2);\npool.close();\n" },
      dynamic: { 'main.mjs': "const { Pool } = await import('twinpool');\nconst pool = new Pool(2);\n" },
      other: { 'main.ts': 'class Pool {\n  map(): void {}\n}\nnew Pool().map();\n' },
      parameter: {
        'main.ts': "import { Pool } from 'twinpool';\nimport { run } from './run.ts';\nawait using pool = new Pool();\nawait run(pool);\n",
        'run.ts': "import type { Pool } from 'twinpool';\nexport const run = (pool: Pool) => pool.map(Math.abs, [1]);\n",
      },
      untyped: {
        'main.mjs': "import { Pool } from 'twinpool';\nimport { run } from './run.mjs';\nconst pool = new Pool();\nawait run(pool);\n",
        'run.mjs':
          'export async function run(pool) {\n  const results = [1, 2].map((n) => pool.applyAsync(Math.abs, [n]));\n  for (const result of results) console.log(await result.get());\n}\n',
      },
      field: {
        'main.ts':
          "import { Pool } from 'twinpool';\nclass Service {\n  readonly #pool = new Pool(1);\n  abs(n: number): Promise<number> {\n    return this.#pool.apply(Math.abs, [n]);\n  }\n}\nnew Service();\n",
      },
      reexport: {
        'main.ts': "import { Workers } from './own.ts';\nconst workers = new Workers();\nworkers.close();\n",
        'own.ts': "export { Pool as Workers } from 'twinpool';\n",
      },
      conflict: {
        'main.ts':
          "import { Pool } from 'twinpool';\nconst wait = 1;\nconst pool = new Pool();\nconst r = pool.applyAsync(Math.abs, [wait]);\nawait r.wait();\n",
      },
    },
    'executor',
  );

  test.each([
    ['alias', 'main.ts', /import \{ ProcessPoolExecutor as Workers \} from 'twinpool';\nconst workers = new Workers\(2\)/],
    ['namespace', 'main.mts', /new tp\.ThreadPoolExecutor\(1\);\nvoid pool\.shutdown\(\{ wait: false \}\)/],
    ['subpath', 'main.ts', /import \{ ExecutorShutdownError, ProcessPoolExecutor \} from 'twinpool\/executor'/],
    ['scoped', 'main.ts', /from '@twinpool\/executor';\nimport \{ runInExecutor \} from '@twinpool\/adapters';/],
    ['require', 'main.cjs', /const \{ ProcessPoolExecutor \} = require\('twinpool'\);\nconst pool = new ProcessPoolExecutor\(2\)/],
    ['dynamic', 'main.mjs', /const \{ ProcessPoolExecutor \} = await import\('twinpool'\);\nconst pool = new ProcessPoolExecutor\(2\)/],
    ['parameter', 'run.ts', /\(pool: ProcessPoolExecutor\) => pool\.map\(Math\.abs, \[1\], \{ onError: 'continue' \}\)\.toArray\(\)/],
    ['untyped', 'run.mjs', /pool\.submit\(Math\.abs, n\)\);\n {2}for \(const result of results\) console\.log\(await result\.result\(\)\)/],
    ['field', 'main.ts', /return runInExecutor\(this\.#pool, Math\.abs, n\);/],
    ['reexport', 'own.ts', /^export \{ ProcessPoolExecutor as Workers \} from 'twinpool';\n$/],
    ['reexport', 'main.ts', /new Workers\(\);\nvoid workers\.shutdown/],
    ['conflict', 'main.ts', /wait as twinpoolWait[\s\S]*await twinpoolWait\(\[r\]\)/],
  ])('%s %s', (name, path, expected) => {
    expect(result.text(name, path)).toMatch(expected);
  });

  test('another class named Pool is not changed', () => {
    expect(result.isChanged('other')).toBe(false);
  });

  test('the output contains no type hint', () => {
    expect(result.text('untyped', 'run.mjs')).not.toContain('@type');
  });
});

describe('formatting', () => {
  const text = [
    '/* Header. */',
    'import {',
    '\tPool, // the one',
    "} from 'twinpool'",
    '',
    'const pool = new Pool({',
    '\tprocesses: 2, // two',
    '\tname: "p",',
    '})',
    '// map',
    'const   list = await pool.map( (x) => x+1 , [ 1,2 ] )   // here',
    'pool.close()',
    'await pool.join()',
    '',
  ];

  test.each([
    ['\n', 'unix'],
    ['\r\n', 'windows'],
  ])('line ends, comments, tabs and spaces stay: %j', (end, name) => {
    const { text: after } = rewritten({ [name]: { 'main.mjs': text.join(end) } }, 'executor');
    const lines = after(name, 'main.mjs').split(end);
    expect(lines.join('').includes('\n')).toBe(false);
    expect(lines).toContain('/* Header. */');
    expect(lines).toContain('\tProcessPoolExecutor, // the one');
    expect(lines).toContain('\tmaxWorkers: 2, // two');
    expect(lines).toContain("const   list = await pool.map((x) => x+1, [ 1,2 ], { onError: 'continue' }).toArray()   // here");
    expect(lines).toContain('await pool.shutdown()');
  });
});

describe('one iterator is kept, another is translated', () => {
  const result = rewritten(
    {
      two: {
        'main.ts':
          "import { Pool } from 'twinpool';\nconst pool = new Pool();\nconst slow = pool.imap(Math.abs, [1]);\nawait slow.next(10);\nconst quick = pool.imap(Math.abs, [1]);\nawait quick.next();\n",
      },
    },
    'executor',
  );

  test('only the iterator that is read with a timeout is kept', () => {
    expect(result.text('two')).toContain('const slow = asPool(pool).imap(Math.abs, [1]);');
    expect(result.text('two')).toContain("const quick = pool.map(Math.abs, [1], { onError: 'continue' });");
    expect(result.leftovers).toEqual([
      {
        path: '/programs/two/main.ts',
        line: 4,
        column: 7,
        reason: expect.stringContaining('next(timeout)'),
        doc: 'docs/migrating-leftovers.md#next-timeout',
      },
    ]);
  });
});

test('a mark is removed after its place was translated', () => {
  const before =
    "import { ProcessPoolExecutor } from 'twinpool';\nconst pool = new ProcessPoolExecutor();\n// twinpool-migrate: old news; see docs/migrating-leftovers.md#successful\nawait pool.shutdown();\n";
  const { text } = rewritten({ old: { 'main.ts': before } }, 'executor');
  expect(text('old')).not.toContain('twinpool-migrate');
});

test('invalid code does not make migrate throw', () => {
  const { isChanged } = rewritten(
    { broken: { 'main.ts': "import { Pool } from 'twinpool';\nconst = {{ new Pool(\n" }, empty: { 'main.ts': '' } },
    'executor',
  );
  expect(isChanged('empty')).toBe(false);
});

test('every reason has a heading in docs/migrating-leftovers.md', () => {
  const page = readFileSync(new URL('../../../docs/migrating-leftovers.md', import.meta.url), 'utf8');
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
  expect(headings).toEqual(REASONS.map(({ name }) => name));
});
