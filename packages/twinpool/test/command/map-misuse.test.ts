import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '@twinpool/core/facade';
import { describe, it } from '@twinpool/testkit/sample';
import { it as each, expect } from 'vitest';
import { readMapOptions } from '../../src/command/map-options.ts';
import { Misuse } from '../../src/command/misuse.ts';
import { command, scratchFolder, TASKS } from './run-command.ts';

describe('twinpool map: misuse is one message and exit code 2, and nothing is written', () => {
  const E = ['-e', 'r => r'];

  each.each([
    [[], "expected a module (twinpool map tasks.mjs#square) or -e 'record => ...'"],
    [[TASKS, ...E], 'expected a module or -e, got both'],
    [[TASKS, 'other.mjs'], 'expected one module, got'],
    [[...E, '--inptu', 'x'], 'there is no option --inptu; did you mean --input?'],
    [[...E, '-x'], 'there is no option -x'],
    [[...E, '--workers', '0'], "--workers: expected a whole number of at least 1, got '0'"],
    [[...E, '--chunksize', '1.5'], "--chunksize: expected a whole number of at least 1, got '1.5'"],
    [[...E, '--task-timeout', '-1'], "--task-timeout: expected a whole number of at least 0, got '-1'"],
    [[...E, '--retries', 'two'], "--retries: expected a whole number of at least 0, got 'two'"],
    [[...E, '--skip', ''], "--skip: expected a whole number of at least 0, got ''"],
    [[...E, '--skip'], '--skip: expected a whole number of at least 0 after it'],
    [[...E, '--skip', '1', '--skip', '1'], '--skip is given twice'],
    [[...E, '--lines', '--lines'], '--lines is given twice'],
    [[...E, '--lines=yes'], "--lines takes no value, got 'yes'"],
    [[...E, '--lines', '--csv'], '--lines and --csv cannot be combined'],
    [[...E, '--api', 'threads'], "--api: expected pool or executor, got 'threads'"],
    [[...E, '--kind', 'cluster'], "--kind: expected process or thread, got 'cluster'"],
    [[...E, '--on-error', 'go'], "--on-error: expected stop or skip, got 'go'"],
  ])('%j', (args, message) => {
    const read = () => readMapOptions(args, { nearest } as never);
    expect(read).toThrow(Misuse);
    expect(read).toThrow(message);
  });

  it.each([
    [[...E, '--wrokers', '2'], 'there is no option --wrokers; did you mean --workers?'],
    [[...E, '--workers', '0'], "--workers: expected a whole number of at least 1, got '0'"],
    [[...E, '--input', 'missing.jsonl'], 'cannot read missing.jsonl: expected a file, ENOENT'],
    [[...E, '--input', '.'], 'cannot read .: expected a file, it is a folder'],
    [[...E, '--input', 'in', '--output', './in'], 'the output ./in is the file of the input: expected another file'],
    [[...E, '--input', 'in', '--output', 'no/out'], 'cannot write no/out: expected a file that can be written, ENOENT'],
    [[...E, '--input', 'in', '--output', 'folder'], 'cannot write folder: expected a file that can be written, EISDIR'],
    [['missing.mjs'], 'there is no module missing.mjs: expected a file, a file: URL or a package'],
    [['folder'], 'there is no module folder: expected a file, a file: URL or a package'],
    [['#square'], 'expected a module before the export, got #square'],
    [['throws.mjs'], 'throws.mjs: Error: at the top level'],
    [['broken.mjs'], 'broken.mjs: SyntaxError'],
    [[`${TASKS}#missing`], 'has no export missing; it has default, five, later, square'],
    [[`${TASKS}#five`], 'is not a function but number'],
    [['-e', 'r =>'], '-e is not an expression of JavaScript'],
    [['-e', '42'], 'expected a function, got number'],
    [['-e', 'r => other(r)'], 'it uses `other`'],
  ])('%j', async (args, message) => {
    const cwd = scratchFolder();
    writeFileSync(join(cwd, 'in'), '1\n');
    writeFileSync(join(cwd, 'out'), 'of another run\n');
    writeFileSync(join(cwd, 'throws.mjs'), "throw new Error('at the top level');");
    writeFileSync(join(cwd, 'broken.mjs'), 'export default (r) =>');
    mkdirSync(join(cwd, 'folder'));
    const output = args.includes('--output') ? [] : ['--output', 'out'];
    const input = args.includes('--input') ? [] : ['--input', 'in'];
    const wanted = ['map', ...(args.includes('--kind') ? [] : ['--kind', 'thread']), ...args, ...input, ...output];
    const end = await command(wanted, { cwd });
    expect([end.code, end.output, end.errors.startsWith('twinpool map: ')]).toEqual([2, '', true]);
    expect(end.errors).toContain(message);
    expect(end.errors.trimEnd().split('\n')).toHaveLength(1);
    expect([readFileSync(join(cwd, 'out'), 'utf8'), readFileSync(join(cwd, 'in'), 'utf8')]).toEqual(['of another run\n', '1\n']);
  });

  it('--help teaches with examples', async () => {
    const { code, output, errors } = await command(['map', '--help']);
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/^Usage: twinpool map <module>\[#export\][\s\S]*cat in\.jsonl \| twinpool map -e[\s\S]*Exit code/);
  });

  each.runIf(Number(process.versions.node.split('.')[0]) === 20)('a TypeScript module on a Node that cannot load it', async () => {
    const cwd = scratchFolder();
    writeFileSync(join(cwd, 'task.ts'), 'export default (r: number): number => r;');
    const { code, errors } = await command(['map', 'task.ts', '--output', 'out'], { cwd, input: '1\n' });
    expect([code, existsSync(join(cwd, 'out'))]).toEqual([2, false]);
    expect(errors).toMatch(/22\.18 or newer, or a loader/);
  });
});
