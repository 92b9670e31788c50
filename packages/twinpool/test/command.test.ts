import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { runNode } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { afterAll, beforeAll, expect } from 'vitest';
import { quoted } from '../src/quoted.ts';

const folder = new URL('../', import.meta.url);
const MANIFEST = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as { version: string; bin: { twinpool: string } };
const COMMAND = fileURLToPath(new URL(MANIFEST.bin.twinpool, folder));

interface End {
  code: number | null;
  output: string;
  errors: string;
}

const command = (...args: string[]): Promise<End> => runCommand(COMMAND, folder, args);

/** Without NODE_PATH, by which the test runner's own start script would make every package of the workspace appear installed. */
async function runCommand(file: string, cwd: URL, args: readonly string[]): Promise<End> {
  const program = runNode([file, ...args], cwd, '', { NODE_PATH: '' });
  const { code } = await program.end(30_000);
  return { code, output: program.output, errors: program.errors };
}

describe('the twinpool command', () => {
  it.each(['--version', '-v'])('%s', async (option) => {
    expect(await command(option)).toEqual({ code: 0, output: `${MANIFEST.version}\n`, errors: '' });
  });

  it.each(['--help', '-h'])('%s', async (option) => {
    const { code, output, errors } = await command(option);
    expect([code, errors]).toEqual([0, '']);
    expect(output).toMatch(/^Usage: twinpool <command>[\s\S]*--version/);
  });

  it.each([
    [[], 'twinpool: no command is given\n'],
    [['migrat'], 'twinpool: there is no command migrat; did you mean migrate?\n'],
    [['--verison'], 'twinpool: there is no option --verison; did you mean --version?\n'],
    [['paint'], 'twinpool: there is no command paint\n'],
    [['constructor'], 'twinpool: there is no command constructor\n'],
    [['migrate', '--wirte'], 'Did you mean --write?\n'],
  ])('%j is misuse', async (args, text) => {
    const { code, output, errors } = await command(...args);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(text);
    expect(errors).toContain('Usage: twinpool');
  });
});

describe('commands of other packages, in a project', () => {
  let project = '';
  let installed = '';

  // As an install lays it: the umbrella is a copy, so that it finds only what this project has.
  beforeAll(() => {
    project = realpathSync(mkdtempSync(join(tmpdir(), 'twinpool-command-')));
    installed = join(project, 'node_modules/twinpool');
    mkdirSync(join(project, 'node_modules/@twinpool'), { recursive: true });
    for (const part of ['dist', 'package.json']) cpSync(new URL(part, folder), join(installed, part), { recursive: true });
    link('core', 'node_modules/@twinpool/core');
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  function link(name: string, to: string): void {
    mkdirSync(join(project, to, '..'), { recursive: true });
    symlinkSync(fileURLToPath(new URL(`../${name}`, folder)), join(project, to), 'dir');
  }

  const run = (cwd: string, ...args: string[]): Promise<End> =>
    runCommand(join(installed, MANIFEST.bin.twinpool), pathToFileURL(`${cwd}/`), args);
  const migrate = (cwd: string, ...args: string[]): Promise<End> => run(cwd, 'migrate', ...args);

  it('without @twinpool/migrate prints the line that runs it, with its arguments quoted, and ends with 2', async () => {
    const args = ['--to', 'executor', 'my files', "it's", '$HOME', '', 'a"b', '*.ts'];
    const { code, output, errors } = await migrate(project, ...args);
    expect([code, output]).toEqual([2, '']);
    const line = errors.split('\n').find((each) => each.startsWith('npx ')) as string;
    expect(line).toBe(`npx @twinpool/migrate --to executor 'my files' 'it'\\''s' '$HOME' '' 'a"b' '*.ts'`);
    const shown = execFileSync(
      '/bin/sh',
      ['-c', line.replace(/^npx \S+/, `"${process.execPath}" -p 'JSON.stringify(process.argv.slice(1))' --`)],
      {
        encoding: 'utf8',
      },
    );
    expect(JSON.parse(shown)).toEqual(args);
  });

  it.each([
    ['worker', '--queue', 'img', '--tasks', 'tasks.mjs'],
    ['doctor', '--connection', 'redis://127.0.0.1:1'],
  ])('without @twinpool/bullmq `twinpool %s` says what to install, and ends with 2', async (...args) => {
    const { code, output, errors } = await run(project, ...args);
    expect([code, output]).toEqual([2, '']);
    expect(errors).toMatch(
      new RegExp(`^twinpool ${args[0]}: .*the package @twinpool/bullmq is not installed here[^]*npm install @twinpool/bullmq\n$`),
    );
  });

  it.each([
    ['beside twinpool', 'node_modules/@twinpool/migrate'],
    ["in the caller's project", 'other/node_modules/@twinpool/migrate'],
  ])('with @twinpool/migrate %s runs it', async (_where, to) => {
    link('migrate', to);
    try {
      const { code, output } = await migrate(join(project, to, '../../..'), '--help');
      expect([code, output.split(' --to')[0]]).toEqual([0, 'Usage: twinpool migrate']);
    } finally {
      rmSync(join(project, to));
    }
  });

  it.each([
    ['a b', '"a b"'],
    ['a"b', '"a\\"b"'],
    ['a b\\', '"a b\\\\"'],
    ['C:\\dir\\x.ts', 'C:\\dir\\x.ts'],
    ['', '""'],
    ['a&b', '"a&b"'],
  ])('on Windows %j is written as %s', (argument, written) => {
    expect(quoted(argument, 'win32')).toBe(written);
  });
});
