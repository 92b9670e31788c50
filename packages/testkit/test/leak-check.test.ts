import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

interface FileReport {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly { readonly title: string; readonly status: string; readonly failureMessages: readonly string[] }[];
}

const root = fileURLToPath(new URL('./fixtures/leaks', import.meta.url));
const vitest = fileURLToPath(new URL('../../../node_modules/vitest/vitest.mjs', import.meta.url));

let files: readonly FileReport[];

beforeAll(async () => {
  // A run inside a run: without what vitest told this process about itself.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|TEST$)/.test(name)));
  const child = spawn(process.execPath, [vitest, 'run', '--root', root, '--reporter=json'], {
    env: { ...env, LEAK_CHECK_GRACE: '300' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  await once(child, 'close');
  files = (JSON.parse(output) as { testResults: FileReport[] }).testResults;
}, 30_000);

const file = (name: string): FileReport => files.find((each) => each.name.endsWith(`/${name}.case.ts`)) as FileReport;
const failure = (title: string): string =>
  file('leaking')
    .assertionResults.find((each) => each.title === title)
    ?.failureMessages.join('\n') ?? '';

test('a file that leaves nothing passes', () => {
  expect(file('clean').assertionResults.map(({ status }) => status)).toEqual(Array(5).fill('passed'));
  expect(file('clean')).toMatchObject({ status: 'passed', message: '' });
});

test('processes and threads fail the file, named with the test they came from', () => {
  const { status, message } = file('leaking');
  expect(status).toBe('failed');
  expect(message).toMatch(/process \d+ \(sleep 60\), first seen after the test 'a child'/);
  expect(message).toMatch(/process \d+ \(sleep 61\)/);
  expect(message).toMatch(/worker thread \d+, first seen after the test 'a thread'/);
});

test('a handle fails the file', () => {
  expect(file('handle')).toMatchObject({ status: 'failed', message: expect.stringContaining('1 open TCPServerWrap') });
});

test('warnings and unhandled errors fail their test', () => {
  expect(failure('a warning')).toContain('an undeclared warning (see expectWarning): Warning: undeclared');
  expect(failure('a warning that never comes')).toContain('the expected warning wanted in vain was not emitted');
  expect(failure('a rejection')).toContain('unhandledRejection: Error: unhandled');
  expect(failure('an exception')).toContain('uncaughtException: Error: thrown in a callback');
});
