// Programs whose top level workers run too: no worker starts workers, the values are right, and the program hears of it once.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, runNode } from '@twinpool/testkit';
import { describe, test } from '@twinpool/testkit/sample';
import { expect, onTestFinished } from 'vitest';

const programs = new URL('./fixtures/unguarded/', import.meta.url);
/** Node 20 does not show which code a module starts that a task imports. */
const PUBLISHES_IMPORTS = Number.parseInt(process.versions.node, 10) >= 22;
const VALUES = '[1,4,9,16]\n';

interface Run {
  readonly program: Program;
  /** Process and thread of each run of the top level. */
  readonly topLevels: string[];
}

async function run(kind: string, args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'twinpool-unguarded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'log');
  const program = runNode(args, programs, '', { UNGUARDED_LOG: log, UNGUARDED_KIND: kind, ...env });
  expect(await program.end(30_000), program.errors).toMatchObject({ code: 0 });
  return { program, topLevels: existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [] };
}

/** The program and at most its two workers, each of them once. */
function expectNoBomb({ topLevels }: Run): void {
  expect(topLevels.length).toBeLessThanOrEqual(3);
  expect(new Set(topLevels).size).toBe(topLevels.length);
}

const warnings = ({ errors }: Program) => errors.split('\n').filter((line) => line.includes('TWINPOOL_UNGUARDED'));

describe.each(['process', 'thread'])('an unguarded program: %s [R1]', (kind) => {
  test('whose main() prints its errors', async () => {
    const result = await run(kind, ['awaits.mjs', kind]);
    expectNoBomb(result);
    const lines = result.program.output.trim().split('\n');
    expect(lines.filter((line) => line.startsWith('['))).toEqual([VALUES.trim()]);
    expect(new Set(lines.filter((line) => !line.startsWith('[')))).toEqual(new Set(['ERR_TWINPOOL_NESTED_BOOTSTRAP']));
  });

  test.each([
    ['a main() that is not awaited [R28]', 'floating.mjs'],
    ['a main() whose failure ends the program', 'exits.mjs'],
    ['server.listen(callback)', 'listens.mjs'],
    ['a timer', 'timer.mjs'],
    ['an imported module with top-level await', 'imports.mjs'],
    ['a pool at a runtime that nothing used yet [R42]', 'lazily.mjs'],
    ['a CommonJS bundle [R50]', 'script.cjs'],
  ])('with %s gets its values, and one short line', async (_what, file) => {
    const result = await run(kind, [file, kind]);
    expectNoBomb(result);
    expect(result.program.output).toBe(VALUES);
    const [warning, ...others] = warnings(result.program);
    expect(others).toEqual([]);
    // The guard comes first.
    expect(warning).toMatch(/TwinpoolWarning: guard the top level of \S+ with `if \(!isWorker\)`/);
    expect(warning?.length).toBeLessThan(300);
    expect(result.program.errors.trim().split('\n').length).toBeLessThanOrEqual(2);
  });

  test('whose top level builds and awaits the pool', async () => {
    const result = await run(kind, ['awaited.mjs', kind]);
    expectNoBomb(result);
    expect(result.program.output).toBe('ERR_TWINPOOL_TASK_MODULE ERR_TWINPOOL_NESTED_BOOTSTRAP\n'.repeat(3));
  });

  test('whose server listens at an address that is in use in the workers', async () => {
    const result = await run(kind, ['listens-in-use.mjs', kind]);
    expectNoBomb(result);
    expect(result.program.output).toBe(VALUES);
    expect(result.program.errors).toMatch(/EADDRINUSE/);
  });

  test.each<readonly [how: string, file: string, when: string]>([
    ['imports', 'loaded-by-task.mjs', 'at once'],
    ...(PUBLISHES_IMPORTS ? [['imports', 'loaded-by-task.mjs', 'later'] as const] : []),
    ['requires', 'loaded-by-task.cjs', 'later'],
  ])('that one of its tasks %s: %s, whose main() builds a pool %s', async (_how, file, when) => {
    const result = await run(kind, [file, kind], { UNGUARDED_WHEN: when });
    expect(result.program.output).toBe('ERR_TWINPOOL_NESTED_BOOTSTRAP\n');
    expect(result.topLevels.length).toBe(2);
  });

  test('with the guard of worker threads', async () => {
    const result = await run(kind, ['main-thread.mjs', kind]);
    expectNoBomb(result);
    expect(result.program.output).toBe(VALUES);
    expect(warnings(result.program)).toHaveLength(kind === 'process' ? 1 : 0);
  });

  test.each(['0', '30'])('with a preload that builds a pool after %s ms', async (delay) => {
    const preload = new URL('preload.mjs', programs).href;
    const result = await run(kind, ['--import', preload, 'nothing.mjs'], { UNGUARDED_DELAY: delay });
    expectNoBomb(result);
    expect(result.program.output).toBe(VALUES);
  });

  test('that is a test file which exports its own task', async () => {
    const result = await run(kind, ['--test', '--test-reporter=tap', 'tested.mjs']);
    expectNoBomb(result);
    expect(result.program.output).toMatch(/^# pass 1$/m);
    expect(result.program.output).toMatch(/^# fail 0$/m);
  });
});
