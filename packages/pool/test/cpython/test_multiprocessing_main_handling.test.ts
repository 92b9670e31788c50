// Lib/test/test_multiprocessing_main_handling.py: functions of the main program are tasks, however the program is started.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Program, runNode } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { expect, onTestFinished } from 'vitest';

const mains = new URL('../fixtures/mains/', import.meta.url);
const root = new URL('../../../../', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, mains));

async function expectSquares(program: Program): Promise<void> {
  const end = await program.end(30_000);
  expect([end, program.errors, program.output]).toEqual([{ code: 0, signal: null }, '', '[ 1, 4, 9 ]\n[ 1, 4, 9 ]\n']);
}

/** A folder beside the scripts, since from there they find their packages. */
function makeFolder(): URL {
  const folder = mkdtempSync(path('made-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return new URL(`${folder.slice(folder.lastIndexOf('/') + 1)}/`, mains);
}

describe('Pool and ThreadPool', () => {
  test('test_basic_script: an ES module [B-209]', async () => {
    await expectSquares(runNode([path('script.mjs')], root));
  });

  test('test_basic_script: a CommonJS module [B-209]', async () => {
    await expectSquares(runNode([path('script.cjs')], root));
  });

  test('test_script_compiled: TypeScript, through a loader [B-209]', async () => {
    await expectSquares(runNode(['--import', 'tsx', path('script.ts')], root));
  });

  test('test_ipython_workaround: with a module given by --import [B-209]', async () => {
    await expectSquares(runNode(['--import', new URL('preload.mjs', mains).href, path('script.mjs')], root));
  });

  test('test_basic_script_no_suffix, test_package: a symbolic link without a suffix, as a package’s `bin` is [B-209]', async () => {
    const folder = makeFolder();
    symlinkSync(path('script.mjs'), fileURLToPath(new URL('tool', folder)));
    await expectSquares(runNode(['./tool'], folder));
  });

  test('test_directory, test_module_in_package: a path that a URL has to escape, and a relative one [B-209]', async () => {
    const folder = new URL(encodeURIComponent('with space #1 100% ñ'), makeFolder());
    mkdirSync(fileURLToPath(folder));
    copyFileSync(path('script.mjs'), `${fileURLToPath(folder)}/script.mjs`);
    await expectSquares(runNode(['script.mjs'], new URL(`${folder}/`)));
  });

  test('`node -e`: functions written inline are tasks; what needs the rest of the program is refused, and nothing runs again [B-209]', async () => {
    const text = `
      import { Pool } from '@twinpool/pool';
      console.log('once');
      const factor = 2;
      const twice = (x) => x * factor;
      await Pool.use(1, async (pool) => {
        console.log(await pool.map((x) => x * x, [1, 2, 3]));
        console.log((await pool.applyAsync(twice, [1]).exception()).code);
      });`;
    const program = runNode(['--input-type=module', '-e', text], mains);
    expect(await program.end(30_000)).toEqual({ code: 0, signal: null });
    expect(program.output).toBe('once\n[ 1, 4, 9 ]\nERR_TWINPOOL_TASK_SERIALIZATION\n');
  });
});
