import { describe, expect, it } from 'vitest';
import { inheritedExecArgv, memoryFlags, workerEnvironment } from '../dist/worker-environment.js';

describe('of the flags of this program a worker inherits', () => {
  const kinds = ['process', 'thread'] as const;

  it.each(kinds)('loaders, conditions and warnings: %s', (kind) => {
    const flags = [
      '--import',
      'tsx',
      '-r',
      './setup.cjs',
      '--conditions=development',
      '-C',
      'custom',
      '--enable-source-maps',
      '--no-warnings',
    ];
    expect(inheritedExecArgv(flags, kind)).toEqual(flags);
  });

  it.each(kinds)('nothing that would run the program again: %s', (kind) => {
    const flags = [
      '-e',
      'code()',
      '-p',
      '1 + 1',
      '--eval=code()',
      '--print',
      '--input-type=module',
      '-i',
      '--interactive',
      '-c',
      '--check',
      '--run',
      'x',
    ];
    expect(inheritedExecArgv(flags, kind)).toEqual([]);
  });

  it.each(kinds)('nothing that would test or watch it: %s', (kind) => {
    expect(inheritedExecArgv(['--test', '--test-only', '--test-reporter=spec', '--watch', '--watch-path=src'], kind)).toEqual([]);
  });

  it.each(kinds)('no inspector and no profiler: %s', (kind) => {
    const flags = [
      '--inspect',
      '--inspect-brk=0',
      '--inspect-port=9230',
      '--inspect-wait',
      '--debug-port=1',
      '--cpu-prof',
      '--heap-prof',
      '--prof',
    ];
    expect(inheritedExecArgv(flags, kind)).toEqual([]);
  });

  it('the value of a flag only with the flag', () => {
    expect(inheritedExecArgv(['--env-file', '--import', '--import', 'a.mjs'], 'process')).toEqual(['--import', 'a.mjs']);
    expect(inheritedExecArgv(['--import'], 'process')).toEqual(['--import']);
  });

  it('what is the whole program’s only in a process: a thread lives in it already', () => {
    const flags = [
      '--max-old-space-size=300',
      '--stack-size=2000',
      '--expose-gc',
      '--permission',
      '--frozen-intrinsics',
      '--use-openssl-ca',
    ];
    expect(inheritedExecArgv(flags, 'process')).toEqual(flags);
    expect(inheritedExecArgv(flags, 'thread')).toEqual([]);
  });

  it('in a thread nothing that a thread refuses', () => {
    expect(inheritedExecArgv(['--experimental-shadow-realm'], 'thread')).toEqual([]);
  });
});

describe('the environment of a worker', () => {
  const own = {
    PATH: '/bin',
    HOME: '/home/me',
    SECRET: 'x',
    NODE_CHANNEL_FD: '3',
    NODE_UNIQUE_ID: '1',
    NODE_OPTIONS: '--inspect=0 --no-warnings',
  };

  it('is that of this program, without what is for this program alone', () => {
    const env = workerEnvironment('inherit', own);
    expect({ ...env }).toEqual({ PATH: '/bin', HOME: '/home/me', SECRET: 'x', NODE_OPTIONS: ' --no-warnings' });
    expect({ ...workerEnvironment(undefined, own) }).toEqual({ ...env });
  });

  it('opens no inspector by NODE_OPTIONS', () => {
    for (const options of [
      '--inspect',
      '--inspect-brk',
      '--trace-warnings --inspect=127.0.0.1:1 --no-warnings',
      '--inspect-publish-uid=http',
    ]) {
      expect(workerEnvironment('inherit', { NODE_OPTIONS: options })['NODE_OPTIONS']).not.toContain('inspect');
    }
  });

  it('has no secrets when it is minimal', () => {
    expect({ ...workerEnvironment('minimal', own) }).toEqual({ PATH: '/bin', HOME: '/home/me' });
  });

  it('is exactly what was given', () => {
    expect({ ...workerEnvironment({ ONLY: 'this' }, own) }).toEqual({ ONLY: 'this' });
  });

  it('takes nothing from a prototype', () => {
    expect(Object.getPrototypeOf(workerEnvironment('inherit', own))).toBe(null);
    expect(Object.getPrototypeOf(workerEnvironment({ A: '1' }, own))).toBe(null);
  });

  it('is a copy', () => {
    const env = workerEnvironment('inherit', own);
    env['SECRET'] = 'changed';
    expect(own.SECRET).toBe('x');
  });
});

describe('memory limits as flags', () => {
  it('are those that a process takes', () => {
    expect(memoryFlags(undefined)).toEqual([]);
    expect(memoryFlags({})).toEqual([]);
    expect(memoryFlags({ maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 })).toEqual([
      '--max-old-space-size=64',
      '--max-semi-space-size=8',
    ]);
  });
});
