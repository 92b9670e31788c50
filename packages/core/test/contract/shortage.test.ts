/** Tests missing resources while workers start: an error or a retry follows, no error escapes the caller, and later calls succeed. */
import { type Program, runNode, runProgram } from '@twinpool/testkit';
import { describe, isLong, it } from '@twinpool/testkit/sample';
import { expect } from 'vitest';
import { KINDS } from './workplace.ts';

const programs = new URL('../fixtures/programs/', import.meta.url);
const BOUND = 240_000;
/** Counts of free descriptors: some, or each from 0 to 24 with MATRIX=all (`npm run test:all`). */
const FREE = isLong ? Array.from({ length: 25 }, (_, free) => free) : [0, 1, 2, 3, 5, 8, 13, 24];

/** Where a process may have few descriptors. */
function runLimited(file: string, ...args: string[]): Program {
  const quoted = [process.execPath, new URL(file, programs).pathname, ...args].map((text) => `'${text}'`).join(' ');
  const code = `const { spawnSync } = require('node:child_process');
    process.exit(spawnSync('/bin/sh', ['-c', ${JSON.stringify(`ulimit -n 100; exec ${quoted}`)}], { stdio: 'inherit' }).status ?? 1);`;
  return runNode(['-e', code], programs);
}

describe.each(KINDS)('descriptors run out, from none to 24 free: %s', (kind) => {
  it('before it starts, while it starts, once it has worked [R4]', { timeout: BOUND }, async () => {
    const steps = ['before it starts', 'while it starts', 'once it has worked'];
    const started = steps.map((step) => runLimited('shortage.mjs', kind, step, FREE.join()));
    for (const program of started) {
      const end = await program.end(BOUND);
      expect({ end, errors: program.errors }).toEqual({ end: { code: 0, signal: null }, errors: '' });
      const lines = program.output.trim().split('\n');
      expect(lines.length, program.output).toBe(FREE.length);
      for (const line of lines) expect(line).toMatch(/, 9$/);
      expect(lines.at(-1)).toBe('24: 4 9, 9');
    }
  });
});

describe('a process cannot be started:', () => {
  it.each([
    ['throws', 'worker', /^during: broken\nafter: 9\n$/],
    ['throws', 'reaper', /^during: 4\nafter: 9\n$/],
    ['fails', 'worker', /^during: broken\nafter: gone for good\n$/],
    ['fails', 'reaper', /^during: 4\nafter: 9\n$/],
  ])('spawn %s for the %s [R4]', async (how, what, output) => {
    const program = runProgram(new URL('spawn-fails.mjs', programs), [how, what]);
    expect(await program.end(30_000)).toEqual({ code: 0, signal: null });
    expect(program.errors).toBe('');
    expect(program.output).toMatch(output);
  });
});
