/** Tests with whole programs that nothing leaks into a worker or out of a task: polluted prototypes, inspectors, restrictive flags. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runNode } from '@twinpool/testkit';
import { describe, it } from '@twinpool/testkit/sample';
import { afterAll, expect } from 'vitest';

const fixtures = new URL('../fixtures/security/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'twinpool-security-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program printed, once it has ended well. */
async function output(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const program = runNode(args, fixtures, '', env);
  const { code } = await program.end();
  expect({ code, errors: program.errors.replace(/^.*(Warning|--trace-warnings).*\n/gm, '') }).toMatchObject({ code: 0 });
  return program.output;
}

describe.each(['process', 'thread'])('workers: %s', (kind) => {
  it('take nothing from a polluted Object.prototype', async () => {
    const trap = join(folder, `trap-${kind}`);
    const printed = await output(['polluted.mjs', kind, trap]);
    expect(printed.trim().split('\n')).toEqual(['[ 2, 3, 4 ]', '2', '42', '[ 2, 3 ]', 'false', 'false', 'nothing was run']);
    expect(existsSync(trap)).toBe(false);
  });

  it('get the source of an inline function once, in the message that defines it, and never send it', async () => {
    // 2 is DEFINE: the only message that may carry source.
    expect(await output(['frames.mjs', kind])).toBe('sent several messages; with the source: 2\nreceived several; with the source: 0\n');
  });
});

it('worker threads cannot be made to run code by a polluted `eval`: they do not start', async () => {
  const trap = join(folder, 'trap-eval');
  const program = runNode(['polluted.mjs', 'thread', trap, 'eval'], fixtures);
  expect((await program.end()).code).toBe(1);
  expect(program.errors).toContain('BrokenThreadPoolError');
  expect(existsSync(trap)).toBe(false);
});

it.each(['--disallow-code-generation-from-strings', '--frozen-intrinsics'])('tasks run in a program with %s', async (flag) => {
  expect((await output([flag, 'flags.mjs'])).replace(/Object\(3\) /g, '')).toBe(
    'processes 2 [ 2, 3, 4 ]\nprocesses inline: ran\nthreads 2 [ 2, 3, 4 ]\nthreads inline: ran\n',
  );
});

describe('of a program with an inspector and a channel to its own parent', () => {
  interface Surroundings {
    readonly env: Record<string, string>;
    readonly execArgv: readonly string[];
    readonly inspector: string | undefined;
  }
  interface Found {
    readonly process: Surroundings;
    readonly thread: Surroundings;
    readonly descriptors: readonly (readonly [number, string])[];
    readonly fd: number;
  }
  let found: Found | undefined;
  const canary = join(folder, 'canary');
  const look = async (): Promise<Found> => {
    if (found === undefined) {
      writeFileSync(canary, 'canary');
      const env = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0 --no-deprecation' };
      const printed = await output(['--inspect=127.0.0.1:0', 'surroundings.mjs', canary], env);
      found = JSON.parse(printed.slice(printed.indexOf('{'))) as Found;
    }
    return found;
  };

  it('worker processes open no inspector', async () => {
    expect((await look()).process.inspector).toBeUndefined();
  });

  it.each(['process', 'thread'] as const)('the flags of it go to no worker: %s', async (kind) => {
    const { execArgv, env } = (await look())[kind];
    expect(execArgv.join(' ')).not.toContain('inspect');
    expect(env['NODE_OPTIONS']).not.toContain('inspect');
    expect(env['NODE_OPTIONS']).toContain('--no-deprecation');
    expect(Object.keys(env).filter((name) => /^NODE_(CHANNEL|UNIQUE)/.test(name))).toEqual([]);
  });

  it('no descriptor of it is open in a worker process but the three of ours', async () => {
    const { descriptors } = await look();
    expect(descriptors.map(([, target]) => target)).not.toContain(canary);
    // A listening server's socket would be one more.
    expect(descriptors.filter(([fd, target]) => fd > 2 && target.startsWith('socket:')).map(([fd]) => fd)).toEqual([3, 4, 5]);
  });
});
