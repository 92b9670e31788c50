import { migrate } from '@twinpool/migrate';
import { describe, expect, test } from 'vitest';

// The kinds of faults that a study of real programs found, A to P: what the command wrote, and how the program failed. Each program here is one
// of a kind. It is rewritten as a whole, or left with the reason that is true.

type Direction = 'executor' | 'pool';
type Files = Record<string, string>;

interface Kind {
  readonly name: string;
  readonly files: Files;
  /** The reasons by place. None: nothing is left. */
  readonly left?: readonly string[];
  /** What the rewritten files contain, by file. */
  readonly text?: Record<string, string>;
  /** What differs with --to pool. */
  readonly toPool?: Pick<Kind, 'left' | 'text'>;
}

const PISCINA = "import { Piscina } from 'piscina';\n";
const MADE = "new Piscina({ filename: new URL('./w.mjs', import.meta.url).href })";
const WORKERPOOL = "import workerpool from 'workerpool';\n";
const SCRIPTED = "workerpool.pool(new URL('./w.mjs', import.meta.url).pathname)";
const INC = 'export default (x) => x + 1;\n';
const REGISTERED = `${WORKERPOOL}workerpool.worker({ add: (a, b) => a + b });\n`;

const FOREIGN: Record<string, Kind> = {
  A1: {
    name: 'a variable without a type, set in a function',
    files: {
      'main.js':
        "const workerpool = require('workerpool');\nlet pool;\nfunction get() {\n  if (!pool) pool = workerpool.pool(__dirname + '/w.js');\n  return pool;\n}\nexports.run = async () => { console.log(await get().exec('add', [1, 2])); await get().terminate(); };\n",
      'w.js': "const workerpool = require('workerpool');\nworkerpool.worker({ add: (a, b) => a + b });\n",
    },
    text: { 'main.js': 'console.log(await get().submit(addTask, 1, 2))', 'w.js': 'module.exports = { add: (a, b) => a + b }' },
    toPool: { text: { 'main.js': 'console.log(await get().apply(addTask, [1, 2]))' } },
  },
  A2: {
    name: 'module.exports = new Piscina(), used in another file',
    files: {
      'pool.js': "const { Piscina } = require('piscina');\nmodule.exports = new Piscina({ filename: __dirname + '/w.js' });\n",
      'w.js': 'module.exports = (x) => x + 1;\n',
      'main.js': "const pool = require('./pool');\n(async () => { console.log(await pool.run(1)); await pool.destroy(); })();\n",
    },
    text: { 'main.js': 'await pool.submit(task, 1)', 'pool.js': 'module.exports = new ThreadPoolExecutor()' },
    toPool: { text: { 'main.js': 'await pool.apply(task, [1])', 'pool.js': 'module.exports = new ThreadPool()' } },
  },
  A3: {
    name: 'an argument of a function of another package',
    files: { 'main.mjs': `${PISCINA}import { use } from 'some-framework';\nuse({ pool: ${MADE} });\n`, 'w.mjs': INC },
    left: ['main.mjs:3 handed-on'],
  },
  A4: {
    name: 'a type of @types/workerpool',
    files: {
      'main.ts':
        "import workerpool, { type WorkerPool } from 'workerpool';\nclass Service {\n  private readonly pool: WorkerPool = workerpool.pool(new URL('./w.mjs', import.meta.url).pathname);\n  async add(): Promise<number> {\n    return await this.pool.exec('add', [1, 2]);\n  }\n}\nawait new Service().add();\n",
      'w.mjs': REGISTERED,
    },
    text: { 'main.ts': 'private readonly pool: ThreadPoolExecutor = new ThreadPoolExecutor()' },
    toPool: { text: { 'main.ts': 'private readonly pool: ThreadPool = new ThreadPool()' } },
  },
  B: {
    name: 'a pool that stays keeps its script',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = workerpool.pool(new URL('./w.mjs', import.meta.url).pathname, { onCreateWorker: () => undefined });\nawait pool.exec('add', [1, 2]);\n`,
      'w.mjs': REGISTERED,
    },
    left: ['main.mjs:2 option'],
  },
  C1: {
    name: 'a script that stays keeps its pool',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\nawait pool.exec('add', [1, 2]);\n`,
      'w.mjs': `${WORKERPOOL}const methods = {};\nmethods.add = (a, b) => a + b;\nworkerpool.worker(methods);\n`,
    },
    left: ['main.mjs:3 script-functions', 'w.mjs:4 worker-functions'],
  },
  C2: {
    name: 'workerData at the top level of the script',
    files: {
      'main.mjs': `${PISCINA}const pool = new Piscina({ filename: new URL('./w.mjs', import.meta.url).href, workerData: 3 });\nawait pool.run(1);\n`,
      'w.mjs': "import { workerData } from 'piscina';\nconst factor = workerData * 2;\nexport default (x) => x * factor;\n",
    },
    text: { 'w.mjs': "import { workerData } from 'twinpool/worker';\nconst factor = workerData * 2;\n" },
  },
  D: {
    name: 'export { pool }',
    files: {
      'pool.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\nexport { pool };\n`,
      'main.mjs': "import { pool } from './pool.mjs';\nconsole.log(await pool.exec('add', [1, 2]));\nawait pool.terminate();\n",
      'w.mjs': REGISTERED,
    },
    text: { 'main.mjs': 'await pool.submit(addTask, 1, 2)', 'pool.mjs': 'const pool = new ThreadPoolExecutor();\nexport { pool };' },
    toPool: { text: { 'main.mjs': 'await pool.apply(addTask, [1, 2])', 'pool.mjs': 'const pool = new ThreadPool();\nexport { pool };' } },
  },
  E: {
    name: 'a script that a method computes',
    files: {
      'main.ts': `${PISCINA}export class Service {\n  script(): string {\n    return process.argv[2] ?? '';\n  }\n  readonly pool = new Piscina({ filename: this.script() });\n  run(): Promise<number> {\n    return this.pool.run(1);\n  }\n}\n`,
    },
    left: ['main.ts:6 script-unknown'],
  },
  F: {
    name: 'a default export that is registered under its name',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\nconsole.log(await pool.exec('add', [1, 2]));\n`,
      'w.mjs': `${WORKERPOOL}export default function add(a, b) {\n  return a + b;\n}\nworkerpool.worker({ add });\n`,
    },
    text: { 'main.mjs': "taskRef(new URL('./w.mjs', import.meta.url), 'add')", 'w.mjs': 'export { add };' },
  },
  G1: {
    name: 'a registration with a comment in a condition',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\nconsole.log(await pool.exec('add', [1, 2]));\n`,
      'w.mjs': `${WORKERPOOL}const add = (a, b) => a + b;\nif (!workerpool.isMainThread) {\n  // The worker\n  // calls it.\n  workerpool.worker({ add });\n}\n`,
    },
    text: { 'w.mjs': '// The worker\n// calls it.\nexport { add };\n' },
  },
  G2: {
    name: 'a registration and the pool in one file',
    files: {
      'main.mjs': `import workerpool, { isMainThread } from 'workerpool';\nconst add = (a, b) => a + b;\nif (!isMainThread) {\n  workerpool.worker({ add });\n} else {\n  const pool = workerpool.pool(new URL('./main.mjs', import.meta.url).pathname);\n  console.log(await pool.exec('add', [1, 2]));\n  await pool.terminate();\n}\n`,
    },
    left: ['main.mjs:4 worker-place'],
  },
  H: {
    name: 'a worker that imports the module of the pool',
    files: {
      'api.cjs':
        "const workerpool = require('workerpool');\nconst pool = workerpool.pool(__dirname + '/w.cjs');\nmodule.exports = { twice: (x) => x * 2, run: async (x) => pool.exec('work', [x]) };\n",
      'w.cjs':
        "const workerpool = require('workerpool');\nconst { twice } = require('./api.cjs');\nworkerpool.worker({ work: (x) => twice(x) });\n",
    },
    text: { 'api.cjs': 'pool.submit(workTask, x)' },
    toPool: { left: ['api.cjs:2 nested-pool'], text: { 'api.cjs': "pool.exec('work', [x])" } },
  },
  I: {
    name: 'a path without an extension',
    files: {
      'main.cjs':
        "const { Piscina } = require('piscina');\nconst { resolve } = require('path');\nconst pool = new Piscina({ filename: resolve(__dirname, 'w') });\npool.run(1).then(console.log);\n",
      'w.js': 'module.exports = (x) => x + 1;\n',
    },
    text: { 'main.cjs': "taskRef(resolve(__dirname, 'w.js'), 'default')" },
  },
  J: {
    name: 'a path from the working directory',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = workerpool.pool('./w.mjs');\nconsole.log(await pool.exec('add', [1, 2]));\n`,
      'w.mjs': REGISTERED,
    },
    text: { 'main.mjs': "taskRef(pathToFileURL('./w.mjs'), 'add')" },
  },
  K1: {
    name: 'a test of error.name',
    files: {
      'main.mjs': `${PISCINA}const pool = ${MADE};\ntry {\n  await pool.run(1, { signal: AbortSignal.timeout(50) });\n} catch (error) {\n  console.log(error.name === 'AbortError' ? 'slow' : 'failed');\n}\n`,
      'w.mjs': INC,
    },
    text: { 'main.mjs': "isAbort(error) ? 'slow' : 'failed'" },
  },
  K2: {
    name: 'a test of a message',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\ntry {\n  await pool.exec('add', [1, 2]);\n} catch (error) {\n  console.log(/terminated unexpectedly/i.test(error.message));\n}\n`,
      'w.mjs': REGISTERED,
    },
    left: ['main.mjs:6 error-test'],
  },
  L1: {
    name: 'env: process.env',
    files: {
      'main.mjs': `${PISCINA}const pool = new Piscina({ filename: new URL('./w.mjs', import.meta.url).href, env: process.env });\nconsole.log(await pool.run(1));\n`,
      'w.mjs': INC,
    },
    text: { 'main.mjs': 'const pool = new ThreadPoolExecutor();' },
    toPool: { text: { 'main.mjs': 'const pool = new ThreadPool();' } },
  },
  L2: {
    name: 'env: SHARE_ENV',
    files: {
      'main.mjs': `${PISCINA}import { SHARE_ENV } from 'node:worker_threads';\nconst pool = new Piscina({ filename: new URL('./w.mjs', import.meta.url).href, env: SHARE_ENV });\nconsole.log(await pool.run(1));\n`,
      'w.mjs': INC,
    },
    left: ['main.mjs:3 option'],
  },
  M1: {
    name: 'a subclass',
    files: {
      'main.mjs': `${PISCINA}class Threads extends Piscina {\n  constructor(options) {\n    super({ idleTimeout: 1000, ...options });\n  }\n}\nconst pool = new Threads({ filename: new URL('./w.mjs', import.meta.url).href });\nconsole.log(await pool.run(1));\n`,
      'w.mjs': INC,
    },
    left: ['main.mjs:2 subclass', 'main.mjs:7 subclass'],
  },
  M2: {
    name: 'a file with only a subclass',
    files: { 'main.mjs': `${PISCINA}export class Threads extends Piscina {}\n` },
    left: ['main.mjs:2 subclass'],
  },
  N: {
    name: 'a call that stays gets no reference',
    files: {
      'main.mjs': `${WORKERPOOL}const pool = ${SCRIPTED};\nconst options = { on: console.log };\nawait pool.exec('add', [1, 2], options);\n`,
      'w.mjs': REGISTERED,
    },
    left: ['main.mjs:4 run-options'],
  },
  O1: {
    name: 'two pools in fields',
    files: {
      'main.ts': `${PISCINA}class Service {\n  private readonly images: Piscina;\n  private readonly texts: Piscina;\n  constructor() {\n    this.images = new Piscina({ filename: new URL('./w.mjs', import.meta.url).href });\n    this.texts = new Piscina({ filename: new URL('./v.mjs', import.meta.url).href });\n  }\n  async image(): Promise<number> {\n    return await this.images.run(1);\n  }\n  async text(): Promise<number> {\n    return await this.texts.run(1);\n  }\n}\nexport default Service;\n`,
      'w.mjs': INC,
      'v.mjs': INC,
    },
    text: { 'main.ts': 'return await this.texts.submit(task2, 1);' },
  },
  O2: {
    name: 'a name in a variable',
    files: {
      'main.mjs': `${PISCINA}const pool = ${MADE};\nfor (const name of ['add', 'sub']) console.log(await pool.run(1, { name }));\n`,
      'w.mjs': 'export const add = (x) => x + 1;\nexport const sub = (x) => x - 1;\n',
    },
    text: { 'main.mjs': "pool.submit(taskRef(new URL('./w.mjs', import.meta.url), name), 1)" },
  },
  O3: {
    name: 'module.exports = require(…), and runTask',
    files: {
      'main.js':
        "const { Piscina } = require('piscina');\nconst pool = new Piscina({ filename: __dirname + '/w.js' });\npool.runTask(1).then(console.log);\n",
      'w.js': "module.exports = require('./impl');\n",
      'impl.js': 'module.exports = (x) => x + 1;\n',
    },
    text: { 'main.js': 'runInExecutor(pool, task, 1).then(console.log)' },
    toPool: { text: { 'main.js': 'pool.apply(task, [1]).then(console.log)' } },
  },
  P: {
    name: 'a leftover in a file that does not change otherwise',
    files: { 'main.mjs': `${PISCINA}const pool = ${MADE};\npool.on('drain', () => undefined);\n`, 'w.mjs': INC },
    left: ['main.mjs:3 member'],
  },
};

/** The kinds that pools and executors of twinpool have as well. */
const OWN: Record<string, Record<Direction, Kind>> = {
  A: {
    executor: {
      name: 'a pool is handed to another package',
      files: { 'main.mjs': "import { use } from 'some-framework';\nimport { Pool } from 'twinpool';\nuse(new Pool(1));\n" },
      left: ['main.mjs:3 handed-on'],
    },
    pool: {
      name: 'an executor is handed to another package',
      files: {
        'main.mjs':
          "import { use } from 'some-framework';\nimport { ThreadPoolExecutor } from 'twinpool';\nuse(new ThreadPoolExecutor(1));\n",
      },
      left: ['main.mjs:3 handed-on'],
    },
  },
  'A, without a type': {
    executor: {
      name: 'a pool in an object without a type',
      files: {
        'main.mjs':
          "import { Pool } from 'twinpool';\nconst app = {};\napp.pool = new Pool(1);\nconst use = (any) => any.pool.apply(Math.abs, [1]);\nconsole.log(await use(app));\n",
      },
      left: ['main.mjs:4 untyped-use'],
    },
    pool: {
      name: 'an executor in an object without a type',
      files: {
        'main.mjs':
          "import { runInExecutor, ThreadPoolExecutor } from 'twinpool';\nconst app = {};\napp.pool = new ThreadPoolExecutor(1);\nconst use = (any) => runInExecutor(any.pool, Math.abs, 1);\nconsole.log(await use(app));\n",
      },
      left: ['main.mjs:4 handed-on'],
    },
  },
  D: {
    executor: {
      name: 'export { pool }',
      files: {
        'pool.mjs': "import { Pool } from 'twinpool';\nconst pool = new Pool(1);\nexport { pool };\n",
        'main.mjs': "import { pool } from './pool.mjs';\nconsole.log(await pool.apply(Math.abs, [-1]));\n",
      },
      text: { 'main.mjs': 'pool.submit(Math.abs, -1)' },
    },
    pool: {
      name: 'export { executor }',
      files: {
        'pool.mjs': "import { ThreadPoolExecutor } from 'twinpool';\nconst executor = new ThreadPoolExecutor(1);\nexport { executor };\n",
        'main.mjs': "import { executor } from './pool.mjs';\nconsole.log(await executor.submit(Math.abs, -1));\n",
      },
      text: { 'main.mjs': 'executor.apply(Math.abs, [-1])' },
    },
  },
  M: {
    executor: {
      name: 'a subclass that overrides a method',
      files: {
        'main.mjs':
          "import { Pool } from 'twinpool';\nclass Logged extends Pool {\n  apply(...args) {\n    console.log('call');\n    return super.apply(...args);\n  }\n}\nconsole.log(await new Logged(1).apply(Math.abs, [-1]));\n",
      },
      left: ['main.mjs:2 overridden-methods', 'main.mjs:5 unknown-arguments'],
    },
    pool: {
      name: 'a subclass that overrides a method',
      files: {
        'main.mjs':
          "import { ThreadPoolExecutor } from 'twinpool';\nclass Logged extends ThreadPoolExecutor {\n  submit(...args) {\n    console.log('call');\n    return super.submit(...args);\n  }\n}\nconsole.log(await new Logged(1).submit(Math.abs, -1));\n",
      },
      left: ['main.mjs:2 overridden-methods'],
    },
  },
};

/** Rewrites programs in one call, each in a folder of its own, and rewrites the result again. */
function rewritten(programs: Record<string, Files>, to: Direction) {
  const sources = Object.entries(programs).flatMap(([id, files]) =>
    Object.entries(files).map(([path, text]) => ({ path: `/kinds/${id.replace(/\W+/g, '-')}/${path}`, text })),
  );
  const first = migrate(sources, { to });
  const texts = new Map(first.files.map(({ path, after }) => [path, after]));
  const again = migrate(
    sources.map(({ path, text }) => ({ path, text: texts.get(path) ?? text })),
    { to },
  );
  return (id: string) => {
    const folder = `/kinds/${id.replace(/\W+/g, '-')}/`;
    const own = programs[id] ?? {};
    const code = (text: string) => text.replace(/^[ \t]*\/\/ twinpool-migrate: .*\n/gm, '');
    return {
      text: (path: string) => texts.get(folder + path) ?? own[path] ?? '',
      isCodeSame: Object.keys(own).every((path) => code(texts.get(folder + path) ?? own[path] ?? '') === own[path]),
      marks: Object.keys(own).flatMap((path) => (texts.get(folder + path) ?? '').match(/twinpool-migrate:/g) ?? []).length,
      left: first.leftovers
        .filter(({ path }) => path.startsWith(folder))
        .map(({ path, line, doc }) => `${path.slice(folder.length)}:${line} ${doc.split('#')[1]}`),
      changedAgain: again.files.filter(({ path }) => path.startsWith(folder)).map(({ path }) => path),
    };
  };
}

function check(result: ReturnType<ReturnType<typeof rewritten>>, { left = [], text = {} }: Pick<Kind, 'left' | 'text'>) {
  expect([...new Set(result.left)].sort()).toEqual([...left].sort());
  for (const [path, part] of Object.entries(text)) expect(result.text(path)).toContain(part);
  // A place that is left has a mark, and without another text to expect nothing but marks was written.
  expect(result.marks > 0).toBe(left.length > 0);
  if (left.length > 0 && Object.keys(text).length === 0) expect(result.isCodeSame).toBe(true);
  expect(result.changedAgain).toEqual([]);
}

describe.each(['executor', 'pool'] as const)('to %s', (to) => {
  const foreign = rewritten(Object.fromEntries(Object.entries(FOREIGN).map(([id, { files }]) => [id, files])), to);
  const own = rewritten(Object.fromEntries(Object.entries(OWN).map(([id, kinds]) => [id, kinds[to].files])), to);

  test.each(Object.entries(FOREIGN).map(([id, kind]) => [id, kind.name, kind] as const))('%s: %s', (id, _, kind) => {
    check(foreign(id), to === 'pool' ? { ...kind, text: kind.toPool === undefined ? textOf(kind) : {}, ...kind.toPool } : kind);
  });

  test.each(Object.entries(OWN).map(([id, kinds]) => [id, kinds[to].name, kinds[to]] as const))('%s, of twinpool: %s', (id, _, kind) => {
    check(own(id), kind);
  });
});

/** The texts that do not name the facade or its methods are the same in both directions. */
function textOf({ text = {} }: Kind): Record<string, string> {
  return Object.fromEntries(
    Object.entries(text).map(([path, part]) => [
      path,
      part
        .replace(/^pool\.submit\((taskRef\(.*\)), 1\)$/, 'pool.apply($1, [1])')
        .replace('.texts.submit(task2, 1)', '.texts.apply(task2, [1])'),
    ]),
  );
}
