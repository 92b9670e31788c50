/**
 * Makes the files of one cell of the matrix of loaders: a module of tasks, a module that it imports, and a program or a test that runs every form
 * of task in both kinds of workers.
 *
 * `cases` writes `{ "process": { form: result }, "thread": … }` to the file that the environment variable RESULT names.
 */

const EXPECTED = { exported: 'Green7', default: 3, static: 21, checked: 12, taskRef: 'Green7', inline: 42, instances: 'one' };

/** What every form gives. Jest in CommonJS has no `import()` without a flag: there the formats cannot be compared. */
export function expectedOf({ format, runner }) {
  const { instances, ...forms } = EXPECTED;
  return runner === 'jest' && format === 'commonjs' ? forms : { ...forms, instances };
}

const TASKS = (colours, helper) => `import { defineTask, type StandardSchema } from 'twinpool';
import { FACTOR } from '${helper}';

${colours}
const schema: StandardSchema<[w: number, h: number]> = { '~standard': { version: 1, vendor: 'cell', validate: (value: unknown) => ({ value: value as [number, number] }) } };

export function colourOf(n: number): string {
  return Colour[n] + FACTOR;
}
export default function total(numbers: number[]): number {
  return numbers.reduce((sum, n) => sum + n, 0);
}
export class Shape {
  static sides(n: number): number {
    return n * FACTOR;
  }
}
export const area = defineTask({ input: schema }, (w: number, h: number): number => w * h);
`;
/** Node strips no enum. */
const STRIPPED = "const Colour: readonly string[] = ['Red', 'Green'];";
const COMPILED = 'enum Colour {\n  Red,\n  Green,\n}';

/** `instances` compares what `import` and `require` give, and lets a facade of one use a runtime of the other. */
const CASES = (tasks, { url, loading, hasInstances }) => `import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ProcessPoolExecutor, taskRef, ThreadPoolExecutor } from 'twinpool';
import total, { area, colourOf, Shape } from '${tasks}';

type Case = (executor: ProcessPoolExecutor) => PromiseLike<unknown>;
type Door = Record<string, unknown>;
const url = ${url};
${loading}
const DOORS = ['', '/pool', '/executor', '/adapters', '/core', '/worker', '/testing'].map((door) => 'twinpool' + door);

async function instances(): Promise<string> {
  const two: string[] = [];
  for (const door of DOORS) {
    const imported = await load(door);
    const required = requires(door);
    for (const name of Object.keys(imported)) {
      if (name !== 'default' && name !== 'module.exports' && imported[name] !== required[name]) two.push(door + ' ' + name);
    }
  }
  const { WorkerRuntime } = (await load('twinpool')) as unknown as typeof import('twinpool');
  const { ThreadPoolExecutor: Required } = requires('twinpool') as unknown as typeof import('twinpool');
  const runtime = new WorkerRuntime({ kind: 'thread', workers: 1 });
  const answer = await new Required({ runtime }).submit((x: number): number => x + 1, 1);
  await runtime.close();
  return two.length > 0 || answer !== 2 ? 'two: ' + two.join(', ') : 'one';
}

const FORMS: Record<string, Case> = {
  exported: (executor) => executor.submit(colourOf, 1),
  default: (executor) => executor.submit(total, [1, 2]),
  static: (executor) => executor.submit(Shape.sides, 3),
  checked: (executor) => executor.submit(area, 3, 4),
  taskRef: (executor) => executor.submit(taskRef(url, 'colourOf'), 1),
  inline: (executor) => executor.submit((x: number): number => x * 2, 21),${hasInstances ? '\n  instances,' : ''}
};

export async function cases(): Promise<void> {
  const results: Record<string, Record<string, unknown>> = {};
  for (const [kind, Executor] of Object.entries({ process: ProcessPoolExecutor, thread: ThreadPoolExecutor })) {
    const executor = new Executor(1) as ProcessPoolExecutor;
    const got: Record<string, unknown> = {};
    for (const [form, run] of Object.entries(FORMS)) {
      got[form] = await Promise.resolve(run(executor)).catch((error: Error) => error.name + ': ' + error.message);
    }
    results[kind] = got;
    await executor.shutdown();
  }
  writeFileSync(process.env['RESULT'] as string, JSON.stringify(results));
}
`;

const TESTS = {
  'node:test': "import { test } from 'node:test';\n",
  vitest: "import { test } from 'vitest';\n",
  mocha: '',
  jest: '',
};

/** The same modules in the syntax of CommonJS, for what strips types and compiles nothing. */
function asRequires(text) {
  const exported = [];
  const body = text
    .replaceAll(/, type \w+/g, '')
    .replace(/^import (\w+), \{ (.*) \} from '(.*)';$/gm, "const { default: $1, $2 } = require('$3');")
    .replace(/^import \{ (.*) \} from '(.*)';$/gm, "const { $1 } = require('$2');")
    .replace(/^export default ((?:async )?function (\w+))/gm, (_, start, name) => {
      exported.push(`default: ${name}`);
      return start;
    })
    .replace(/^export ((?:async )?function|class|const) (\w+)/gm, (_, what, name) => {
      exported.push(name);
      return `${what} ${name}`;
    })
    .replace('Record<string, Case>', 'Record<string, (executor: any) => PromiseLike<unknown>>')
    .replace(/^type .*\n/m, '')
    .replaceAll(' as ProcessPoolExecutor', '');
  return exported.length === 0 ? body : `${body}\nmodule.exports = { ${exported.join(', ')} };\n`;
}

/**
 * @param options.format - 'esm', 'commonjs' (the manifest says so), or 'untyped' (CommonJS, and the manifest does not say it).
 * @param options.runner - A key of TESTS; undefined for a program.
 * @param options.strips - Whether the loader only strips types.
 * @param options.extension - The extension that relative imports have: '', '.js' or '.ts'.
 */
export function filesOf({ format, runner, strips = false, extension }) {
  const isEsm = format === 'esm';
  const url = isEsm ? "new URL('./tasks.ts', import.meta.url)" : "pathToFileURL(__dirname + '/tasks.ts')";
  // What compiles `import()` into `require` leaves the text of a function alone.
  const loading = isEsm
    ? 'const load = (door: string): Promise<Door> => import(door);\nconst requires = createRequire(import.meta.url) as (door: string) => Door;'
    : "const load = new Function('door', 'return import(door)') as (door: string) => Promise<Door>;\nconst requires = ((door) => require(door)) as (door: string) => Door;\nvoid createRequire;";
  const hasInstances = 'instances' in expectedOf({ format, runner });
  const start =
    runner === undefined
      ? 'void cases();\n'
      : `test('every form of task', () => cases()${runner === 'mocha' ? ').timeout(120_000' : runner === 'node:test' ? '' : ', 120_000'});\n`;
  const texts = {
    'helper.ts': 'export const FACTOR: number = 7;\n',
    'tasks.ts': TASKS(strips ? STRIPPED : COMPILED, `./helper${extension}`),
    'cases.ts': CASES(`./tasks${extension}`, { url, loading, hasInstances }),
    [runner === undefined ? 'main.ts' : 'cell.test.ts']:
      `${runner === undefined ? '' : TESTS[runner]}import { cases } from './cases${extension}';\n\n${start}`,
  };
  const convert = strips && !isEsm ? asRequires : (text) => text;
  const type = { esm: 'module', commonjs: 'commonjs' }[format];
  return {
    'package.json': JSON.stringify({ private: true, ...(type && { type }) }),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2022',
        module: isEsm ? 'esnext' : 'commonjs',
        moduleResolution: isEsm ? 'bundler' : 'node10',
        esModuleInterop: true,
        strict: true,
        skipLibCheck: true,
        types: ['node'],
      },
    }),
    ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, convert(text)])),
  };
}
