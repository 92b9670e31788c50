// Runs the blocks ```sh recipe=NAME of docs/building.md: each makes one executable of a program, which then runs in an empty folder.
// Usage: node scripts/check-recipes.mjs [NAME...]        default: all. Requires a build of the packages
//
// The program maps over threads and processes with each form of task. Its first line shows that the executable runs it once only: a worker process
// that ran the program again would print the line again.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { makeProject, writeFiles } from './scratch-project.mjs';
import { conclude, root, run } from './workspace.mjs';

const PAGE = 'docs/building.md';
const LIMIT = 300_000;
const BUN = `@oven/bun-${process.platform}-${process.arch}`;
const DEPENDENCIES = { esbuild: '0.28.2', postject: '1.0.0-alpha.6', zod: '^4.6.7', [BUN]: '1.4.5' };

const FILES = {
  'src/main.ts': `import { Pool, ProcessPoolExecutor, taskRef, ThreadPool } from 'twinpool';
import { area, nested } from './jobs/area.tasks.ts';
import { pid, scale } from './jobs/scale.tasks.ts';
console.log('start', process.argv.slice(2).join());
const reference = taskRef<typeof scale>(new URL('./jobs/scale.tasks.ts', import.meta.url), 'scale');
for (const AnyPool of [ThreadPool, Pool]) {
  await AnyPool.use(1, async (pool) => {
    const values = [await pool.map(scale, [1, 2]), await pool.apply(area, [3]), await pool.apply(reference, [5]), await pool.map((x: number) => x + 1, [1]), await pool.apply(nested, [4])];
    console.log(JSON.stringify(values), (await pool.apply(pid)) === process.pid ? 'here' : 'elsewhere');
  });
}
const executor = new ProcessPoolExecutor(1);
console.log(await executor.submit(scale, 7));
await executor.shutdown();
`,
  'src/jobs/scale.tasks.ts': `import { basename } from 'node:path';
import { plus } from '../plus.ts';
const FACTOR: number = 3;
export function scale(x: number): number {
  return plus(x * FACTOR, basename('/a/bc').length);
}
export function pid(): number {
  return process.pid;
}
`,
  'src/jobs/area.tasks.ts': `import { defineTask, Pool } from 'twinpool';
import { z } from 'zod';
export const area = defineTask({ input: z.tuple([z.number(), z.number().default(4)]), output: z.number() }, (w, h) => w * h);
export function nested(x: number): Promise<number> {
  return Pool.use(1, (pool) => pool.apply((y: number) => y * 2, [x]));
}
`,
  'src/plus.ts': 'export const plus = (a: number, b: number): number => a + b;\n',
};
const EXPECTED = ['start a,b', '[[5,8],12,17,[2],8] here', '[[5,8],12,17,[2],8] elsewhere', '23', ''].join('\n');

const recipes = [...readFileSync(root + PAGE, 'utf8').matchAll(/^```sh recipe=(\w+)\n([\s\S]*?)^```$/gm)]
  .map(([, name, text]) => ({ name, text }))
  .filter(({ name }) => process.argv.length < 3 || process.argv.includes(name));
const problems = [];
if (recipes.length === 0) problems.push(`${PAGE} has no recipe`);

const base = mkdtempSync(join(tmpdir(), 'twinpool-recipes-'));
try {
  await makeProject(base, { dependencies: DEPENDENCIES });
  const path = [join(base, 'node_modules/.bin'), join(base, 'node_modules', BUN, 'bin'), process.env.PATH].join(delimiter);
  for (const { name, text } of recipes) {
    const folder = join(base, name);
    writeFiles(folder, { 'package.json': '{ "type": "module", "private": true }', ...FILES });
    const env = { ...process.env, NODE: process.execPath, PATH: path };
    const built = await run('bash', ['-e', '-c', text], { cwd: folder, env, limit: LIMIT });
    if (built.code !== 0 || !existsSync(join(folder, 'app'))) {
      problems.push(`${name}: ended with ${built.code}\n${built.stdout}${built.stderr}`);
      continue;
    }
    const empty = join(mkdtempSync(join(tmpdir(), 'twinpool-empty-')), 'bin');
    mkdirSync(empty);
    copyFileSync(join(folder, 'app'), join(empty, 'app'));
    const { code, stdout, stderr } = await run(join(empty, 'app'), ['a', 'b'], { cwd: empty, limit: LIMIT });
    rmSync(join(empty, '..'), { recursive: true });
    if (code !== 0 || stdout !== EXPECTED || stderr !== '') problems.push(`${name}: ended with ${code} and printed\n${stdout}${stderr}`);
  }
} finally {
  rmSync(base, { recursive: true, force: true });
}
conclude('recipes', problems, recipes.map(({ name }) => name).join(', '));
