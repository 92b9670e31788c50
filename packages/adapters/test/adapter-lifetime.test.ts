// Tests how long an adapter and its original keep each other alive. Separate programs (fixtures/forgotten.mjs) collect garbage.
import { runProgram } from '@twinpool/testkit';
import { test } from '@twinpool/testkit/sample';
import { expect } from 'vitest';

async function play(scene: string): Promise<unknown> {
  const program = runProgram(
    new URL('./fixtures/forgotten.mjs', import.meta.url),
    [scene],
    ['--expose-gc', '--disable-warning=ExperimentalWarning'],
  );
  const end = await program.end();
  expect([end, program.errors]).toEqual([{ code: 0, signal: null }, '']);
  return JSON.parse(program.output);
}

test.each(['keptThreads', 'keptProcesses'])('an adapter keeps its original, and so its workers: %s', async (scene) => {
  expect(await play(scene)).toEqual([9, 16]);
});

test('unreachable adapters leave nothing behind, whatever their number', async () => {
  // A register may still hold the last ones.
  expect(await play('forgottenAdapters')).toBeLessThanOrEqual(2);
});

test('an unreachable adapter whose results are still read delivers all of them', async () => {
  expect(await play('readOn')).toEqual({ wrong: [], ends: [true, true], value: 144 });
});
