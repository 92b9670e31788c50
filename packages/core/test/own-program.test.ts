/** How worker processes are started where Node is a part of another program. The platforms are simulated. */
import process from 'node:process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type OwnProgram, ownProgram, WORKER_SWITCH } from '../src/lanes/own-program.ts';
import type { Program } from '../src/lanes/worker-program.ts';

const KEY = Symbol.for('@twinpool/core/executable');
const file = { file: '/app/worker.cjs', text: () => 'the text' };
const bundled = { text: () => 'the text' };

function started(program: Program, flags: string[], args: string[], env: NodeJS.ProcessEnv, execPath = process.execPath): OwnProgram {
  return ownProgram(program, { execPath, flags, args, env });
}

afterEach(() => {
  vi.restoreAllMocks();
  Reflect.deleteProperty(globalThis, KEY);
  Reflect.deleteProperty(globalThis, 'Bun');
  Reflect.deleteProperty(process.versions, 'electron');
  Reflect.deleteProperty(process.versions, 'bun');
});

function pretend(name: 'electron' | 'bun'): void {
  Object.defineProperty(process.versions, name, { value: '1.0.0', configurable: true });
}

function pretendSingleExecutable(): void {
  const real = process.getBuiltinModule;
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((id: string) =>
    id === 'node:sea' ? { isSea: () => true } : real(id)) as never);
}

describe('a worker process', () => {
  it('of Node runs the file, with the flags before it', () => {
    expect(started(file, ['--a'], ['b'], { X: '1' })).toEqual({
      args: ['--a', '/app/worker.cjs', 'b'],
      env: { X: '1' },
      text: undefined,
    });
  });

  it('of a bundle runs the text, which it reads from descriptor 3', () => {
    const { args, text } = started(bundled, ['--a'], ['b'], {});
    expect(args).toEqual(['--a', '-e', expect.stringContaining('readSync(3'), '--', 'b']);
    expect(text).toBe('the text');
  });

  it('of Electron is Node', () => {
    pretend('electron');
    for (const program of [file, bundled]) expect(started(program, [], [], { X: '1' }).env).toEqual({ X: '1', ELECTRON_RUN_AS_NODE: '1' });
  });

  it.each(['/$bunfs/root/app', 'B:/~BUN/root/app.exe'])('of a program that Bun compiled is Bun: %s', (main) => {
    pretend('bun');
    Reflect.set(globalThis, 'Bun', { main });
    expect(started(bundled, [], [], {}).env).toEqual({ BUN_BE_BUN: '1' });
  });

  it('of Bun itself is Bun', () => {
    pretend('bun');
    Reflect.set(globalThis, 'Bun', { main: '/app/main.ts' });
    expect(started(bundled, [], [], {}).env).toEqual({});
  });

  it('of a single executable is the executable, with the switch; flags are in NODE_OPTIONS', () => {
    pretendSingleExecutable();
    Reflect.set(globalThis, KEY, true);
    for (const program of [file, bundled]) {
      expect(started(program, ['--max-old-space-size=100'], ['b'], { NODE_OPTIONS: '--no-warnings' })).toEqual({
        args: [WORKER_SWITCH, 'b'],
        env: { NODE_OPTIONS: '--no-warnings --max-old-space-size=100' },
        text: 'the text',
      });
    }
  });

  it('of a single executable that does not know the switch is refused: it would be the program of the user again', () => {
    pretendSingleExecutable();
    expect(() => started(bundled, [], [], {})).toThrow(/single executable.*`pack` of `@twinpool\/unplugin\/executable`.*threads/);
  });

  it('of another program than this one is a file of Node', () => {
    pretendSingleExecutable();
    pretend('electron');
    expect(started(file, [], [], {}, '/usr/bin/other-node')).toEqual({ args: ['/app/worker.cjs'], env: {}, text: undefined });
  });
});
