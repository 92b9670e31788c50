import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@twinpool/migrate';
import { describe, test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

/** Rewrites one program. Returns the changed files by name, and the reasons by place. */
function rewrite(files: Record<string, string>, to: 'pool' | 'executor') {
  const sources = Object.entries(files).map(([path, text]) => ({ path: `/programs/${path}`, text }));
  const { files: changed, leftovers } = migrate(sources, { to });
  const short = (path: string) => path.slice('/programs/'.length);
  const code = (text: string) => text.replace(/^[ \t]*\/\/ twinpool-migrate: .*\n/gm, '');
  return {
    text: (path: string) => changed.find((file) => short(file.path) === path)?.after ?? files[path] ?? '',
    /** The files whose code changed, apart from marks. */
    changed: changed.filter(({ before, after }) => code(before) !== code(after)).map(({ path }) => short(path)),
    left: leftovers.map(({ path, line, doc }) => `${short(path)}:${line} ${doc.split('#')[1]}`),
  };
}

const WORKER = "import workerpool from 'workerpool';\nworkerpool.worker({ add: (a, b) => a + b });\n";
const MAKE = "import workerpool from 'workerpool';\nexport const pool = workerpool.pool(new URL('./w.mjs', import.meta.url).pathname);\n";

describe('a unit of another library is rewritten as a whole or not at all', () => {
  test.each<[string, Record<string, string>, readonly string[]]>([
    [
      'a use in another file that has no counterpart',
      { 'pool.mjs': MAKE, 'w.mjs': WORKER, 'a.mjs': "import { pool } from './pool.mjs';\npool.stats();\n" },
      ['a.mjs:2 member'],
    ],
    ['no file imports the pool', { 'pool.mjs': MAKE, 'w.mjs': WORKER }, ['pool.mjs:2 exported']],
    [
      'the place of the pool also holds a fake',
      {
        'a.mjs':
          "import workerpool from 'workerpool';\nlet pool = workerpool.pool(new URL('./w.mjs', import.meta.url).pathname);\nif (process.env.TEST) pool = { exec: () => 1 };\nawait pool.exec('add', [1, 2]);\n",
        'w.mjs': WORKER,
      },
      ['a.mjs:3 other-value'],
    ],
    [
      'a second pool with the same script stays',
      {
        'a.mjs': `${MAKE.replace('export ', '')}await pool.exec('add', [1, 2]);\n`,
        'b.mjs': `${MAKE.replace('export ', '').replace('.pathname', '.pathname, { onCreateWorker: () => undefined }')}await pool.exec('add', [1, 2]);\n`,
        'w.mjs': WORKER,
      },
      ['b.mjs:2 option', 'a.mjs:2 same-script'],
    ],
    [
      'a test mocks the library',
      {
        'a.cjs': "const { Piscina } = require('piscina');\nconst pool = new Piscina();\npool.destroy();\n",
        'a.test.cjs': "jest.mock('piscina');\n",
      },
      ['a.test.cjs:1 library-loaded'],
    ],
    [
      'the pool is used again after its end',
      {
        'a.mjs': `${MAKE.replace('export ', '')}await pool.exec('add', [1, 2]);\nawait pool.terminate();\nawait pool.exec('add', [1, 2]);\n`,
        'w.mjs': WORKER,
      },
      ['a.mjs:4 used-again'],
    ],
    [
      'the pool ends after each test',
      {
        'a.mjs': `${MAKE.replace('export ', '')}afterEach(() => pool.terminate());\nit('adds', async () => console.log(await pool.exec('add', [1, 2])));\n`,
        'w.mjs': WORKER,
      },
      ['a.mjs:3 used-again'],
    ],
    [
      'a hook that may run several times ends the pool that another hook uses',
      {
        'a.mjs': `${MAKE.replace('export ', '')}export default () => ({\n  renderChunk: (code) => pool.exec('add', [code, 1]),\n  async generateBundle() {\n    await pool.terminate();\n  },\n});\n`,
        'w.mjs': WORKER,
      },
      ['a.mjs:6 used-again'],
    ],
    [
      'a subclass alone',
      { 'a.mjs': "import { Piscina } from 'piscina';\nexport class Threads extends Piscina {}\n" },
      ['a.mjs:2 subclass'],
    ],
    [
      'the library has a type of the program',
      {
        'a.ts':
          "interface Mine { pool(): { exec(name: string): void } }\nconst workerpool = require('workerpool') as Mine;\nworkerpool.pool().exec('add');\n",
      },
      ['a.ts:2 library-loaded'],
    ],
  ])('%s', (_, files, left) => {
    const result = rewrite(files, 'executor');
    expect(result.changed).toEqual([]);
    expect([...new Set(result.left)].sort()).toEqual([...left].sort());
    expect([...new Set(rewrite(files, 'pool').left)].sort()).toEqual([...left].sort());
  });
});

test.each([
  ['a method named close', "export const service = {\n  run: (x) => pool.exec('add', [x, 1]),\n  close: () => pool.terminate(),\n};\n"],
  ['a listener of the end', "export const run = (x) => pool.exec('add', [x, 1]);\nprocess.once('SIGTERM', () => pool.terminate());\n"],
  [
    'a function that is called once',
    "const run = (x) => pool.exec('add', [x, 1]);\nasync function main() {\n  console.log(await run(1));\n  await pool.terminate();\n}\nmain();\n",
  ],
  ['the end of a chain', "const run = (x) => pool.exec('add', [x, 1]);\nrun(1).then(console.log).finally(() => pool.terminate());\n"],
])('a pool that ends in %s is rewritten', (_, text) => {
  const result = rewrite({ 'a.mjs': `${MAKE.replace('export ', '')}${text}`, 'w.mjs': WORKER }, 'executor');
  expect(result.left).toEqual([]);
  expect(result.changed.sort()).toEqual(['a.mjs', 'w.mjs']);
});

test.each([
  [
    'CommonJS',
    'w.cjs',
    "const { workerData } = require('piscina');\nconst { factor } = workerData;\nmodule.exports = (x) => x * factor;\n",
    "const { workerData } = require('twinpool/worker');\nconst { factor } = workerData;",
  ],
  [
    'an alias',
    'w.mjs',
    "import { workerData as given } from 'piscina';\nconst workerData = given.factor;\nexport default (x) => x * workerData;\n",
    "import { workerData as twinpoolWorkerData } from 'twinpool/worker';\nconst workerData = twinpoolWorkerData.factor;",
  ],
  [
    'inside and outside of the task',
    'w.mjs',
    "import { workerData } from 'piscina';\nconst twice = workerData * 2;\nexport default (x) => x + twice + workerData;\n",
    "import { context, workerData } from 'twinpool/worker';\nconst twice = workerData * 2;\nexport default (x) => x + twice + context().workerData;",
  ],
])('workerData outside of a function, %s, comes from twinpool/worker', (_, file, text, expected) => {
  const main = `import { Piscina } from 'piscina';\nconst pool = new Piscina({ filename: new URL('./${file}', import.meta.url).href, workerData: { factor: 3 } });\nawait pool.run(1);\n`;
  const result = rewrite({ 'main.mjs': main, [file]: text }, 'executor');
  expect(result.left).toEqual([]);
  expect(result.text(file)).toContain(expected);
});

test('a pool that its own workers import stays with --to pool, and becomes a lazy executor with --to executor', () => {
  const files = {
    'api.cjs':
      "const workerpool = require('workerpool');\nconst pool = workerpool.pool(__dirname + '/w.cjs');\nmodule.exports = { twice: (x) => x * 2, run: (x) => pool.exec('work', [x]) };\n",
    'w.cjs':
      "const workerpool = require('workerpool');\nconst { twice } = require('./api.cjs');\nworkerpool.worker({ work: (x) => twice(x) });\n",
  };
  expect(rewrite(files, 'executor').left).toEqual([]);
  const { changed, left } = rewrite(files, 'pool');
  expect({ changed, left }).toEqual({ changed: [], left: ['api.cjs:2 nested-pool'] });
});

test('a path in a local constant stays there', () => {
  const { text, left } = rewrite(
    {
      'a.ts':
        "import { resolve } from 'node:path';\nimport Piscina from 'piscina';\nexport function run(): Promise<number> {\n  const filename = resolve(__dirname, 'w.mjs');\n  const pool = new Piscina({ filename });\n  return pool.run(1);\n}\n",
      'w.mjs': 'export default (x) => x;\n',
    },
    'executor',
  );
  expect(left).toEqual([]);
  expect(text('a.ts')).toContain("(filename, 'default')");
});

test('comments inside the options stay, also the comment of an option that goes', () => {
  const { text } = rewrite(
    {
      'a.mjs':
        "import { Piscina } from 'piscina';\nconst pool = new Piscina({\n  // The URL must be a file: URL.\n  filename: new URL('./w.mjs', import.meta.url).href, // here\n  maxThreads: 2, // two\n});\nawait pool.run(1);\n",
      'w.mjs': 'export default (x) => x;\n',
    },
    'executor',
  );
  expect(text('a.mjs')).toContain('new ThreadPoolExecutor({\n  // The URL must be a file: URL.\n  // here\n  maxWorkers: 2, // two\n});\n');
});

describe('pools and executors of twinpool whose uses are not all known stay', () => {
  test('a variable without a value is followed', () => {
    const { text, left } = rewrite(
      {
        'a.cjs':
          "const { Pool } = require('twinpool');\nlet pool;\nfunction get() {\n  if (!pool) pool = new Pool(1);\n  return pool;\n}\nget().apply(Math.abs, [1]).then(console.log);\n",
      },
      'executor',
    );
    expect(left).toEqual([]);
    expect(text('a.cjs')).toContain('runInExecutor(get(), Math.abs, 1)');
  });

  test.each([
    [
      'handed to unknown code',
      "import { use } from 'some-framework';\nimport { Pool } from 'twinpool';\nuse(new Pool(1));\n",
      'a.mjs:3 handed-on',
    ],
    ['exported, and not imported', "import { Pool } from 'twinpool';\nexport const pool = new Pool(1);\n", 'a.mjs:2 exported'],
  ])('%s', (_, text, left) => {
    const result = rewrite({ 'a.mjs': text }, 'executor');
    expect({ changed: result.changed, left: result.left }).toEqual({ changed: [], left: [left] });
  });
});

describe('code around a pool', () => {
  test('a path and its import that nothing uses any more go', () => {
    const { text, left } = rewrite(
      {
        'a.ts':
          "import { resolve } from 'node:path';\nimport Piscina from 'piscina';\nexport class Service {\n  readonly #pool: Piscina;\n  constructor() {\n    const filename = resolve(__dirname, 'w.cjs');\n    this.#pool = new Piscina({ filename });\n  }\n  async run(): Promise<number> {\n    return await this.#pool.run(1);\n  }\n}\nexport default new Service();\n",
        'w.cjs': 'module.exports = (x) => x;\n',
      },
      'executor',
    );
    expect(left).toEqual([]);
    expect(text('a.ts')).not.toMatch(/resolve|filename/);
    expect(text('a.ts')).toMatch(/\(`\$\{__dirname\}\/w\.cjs`, 'default'\)/);
  });

  test('a setup function of jest-worker is found in Object.assign(module.exports)', () => {
    const files = (exported: string) => ({
      'a.cjs':
        "const { Worker } = require('jest-worker');\nconst worker = new Worker(require.resolve('./w.cjs'), { enableWorkerThreads: true, setupArgs: [1] });\nworker.add(1).then(() => worker.end());\n",
      'w.cjs': `let base;\nfunction setup(start) {\n  base = start;\n}\nconst add = (x) => base + x;\n${exported}\n`,
    });
    const known = rewrite(files('Object.assign(module.exports, { add, setup });'), 'executor');
    expect(known.left).toEqual([]);
    expect(known.text('a.cjs')).toMatch(/initargs: \[1\], initializer: setupTask/);
    const { changed, left } = rewrite(files('module.exports = make({ add, setup });'), 'executor');
    expect({ changed, left }).toEqual({ changed: [], left: ['a.cjs:2 script-functions'] });
  });

  test('types in JSDoc comments follow the pool', () => {
    const { text, left } = rewrite(
      {
        'a.cjs':
          "const { Piscina } = require('piscina');\n/** @typedef {Piscina & { name: string }} Named */\n/**\n * Piscina runs the tasks.\n *\n * @returns {import('piscina').Piscina} the pool\n */\nfunction make() {\n  return new Piscina({ filename: __dirname + '/w.cjs' });\n}\nmake().run(1).then(console.log);\n",
        'w.cjs': 'module.exports = (x) => x;\n',
      },
      'executor',
    );
    expect(left).toEqual([]);
    expect(text('a.cjs')).toContain('@typedef {ThreadPoolExecutor & { name: string }} Named');
    expect(text('a.cjs')).toContain(" * Piscina runs the tasks.\n *\n * @returns {import('twinpool').ThreadPoolExecutor} the pool\n");
  });

  test.each([
    [
      'the time limit of a test is not that of a call',
      "import workerpool from 'workerpool';\nconst pool = workerpool.pool(new URL('./w.mjs', import.meta.url).pathname);\ndescribe('add', function () {\n  this.timeout(5000);\n  it('adds', () => pool.exec('add', [1, 2])).timeout(100);\n  after(() => pool.terminate());\n});\n",
      { 'w.mjs': WORKER },
    ],
    [
      'a value of another package has a member of the same name',
      "import { Registry } from 'registry';\nimport Piscina from 'piscina';\nclass Service {\n  static instance;\n  static pool() {\n    this.instance ??= new Piscina({ filename: new URL('./w.mjs', import.meta.url).href });\n    return this.instance;\n  }\n}\nawait Service.pool().run(Registry.instance.id);\n",
      { 'w.mjs': 'export default (x) => x;\n' },
    ],
  ])('%s', (_, text, others) => {
    const result = rewrite({ 'a.mjs': text, ...others }, 'executor');
    expect(result.left).toEqual([]);
    expect(result.changed).toContain('a.mjs');
  });

  test('a TypeScript file that is compiled to CommonJS gets no import.meta', () => {
    const folder = mkdtempSync(join(tmpdir(), 'twinpool-migrate-'));
    try {
      writeFileSync(join(folder, 'tsconfig.json'), '{ "compilerOptions": { "module": "commonjs" } }');
      writeFileSync(join(folder, 'package.json'), '{}');
      const sources = [
        {
          path: join(folder, 'pool.ts'),
          text: "import { join } from 'node:path';\nimport Piscina from 'piscina';\nexport const pool = new Piscina({ filename: join(__dirname, 'w.js') });\n",
        },
        { path: join(folder, 'main.ts'), text: "import { pool } from './pool';\nvoid pool.run(1);\n" },
        { path: join(folder, 'w.ts'), text: 'export default (x: number) => x;\n' },
      ];
      const { files, leftovers } = migrate(sources, { to: 'executor' });
      expect(leftovers).toEqual([]);
      const main = files.find(({ path }) => path.endsWith('main.ts'))?.after;
      expect(main).toMatch(/\(`\$\{__dirname\}\/w\.js`, /);
      expect(main).not.toContain('import.meta');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test.each([
  ['executor', 'Pool', 'ProcessPoolExecutor', 'pool.apply(Math.abs, [-1])'],
  ['pool', 'ProcessPoolExecutor', 'Pool', 'pool.submit(Math.abs, -1)'],
] as const)('to %s: types in JSDoc comments follow', (to, from, name, call) => {
  const { text, left } = rewrite(
    {
      'a.cjs': `const { ${from} } = require('twinpool');\n/** @typedef {${from} & { id: string }} Named */\n/**\n * ${from} runs it.\n *\n * @param {import('twinpool').${from}} pool the pool\n */\nconst run = async (pool) => console.log(await ${call});\nrun(new ${from}(1));\n`,
    },
    to,
  );
  expect(left).toEqual([]);
  expect(text('a.cjs')).toContain(`@typedef {${name} & { id: string }} Named`);
  expect(text('a.cjs')).toContain(` * ${from} runs it.\n *\n * @param {import('twinpool').${name}} pool the pool\n`);
});
