import { describe, expect, it } from 'vitest';
import { memoryFlags, workerEnvironment, workerProgram } from '../src/options/worker-environment.ts';

const KINDS = ['process', 'thread'] as const;
type Kind = (typeof KINDS)[number];
type Env = Readonly<Record<string, string>>;

const inherited = (execArgv: readonly string[], kind: Kind) => workerProgram(kind, {}, { execArgv, env: {} }).execArgv;
const nodeOptions = (text: string, kind: Kind, env: Env | 'inherit' | 'minimal' = 'inherit') =>
  workerProgram(kind, { env }, { execArgv: [], env: { ...process.env, NODE_OPTIONS: text } }).env['NODE_OPTIONS'];

describe.each(KINDS)('of the flags of this program a worker inherits: %s', (kind) => {
  it('loaders, conditions, warnings', () => {
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
    expect(inherited(flags, kind)).toEqual(flags);
  });

  it.each([
    ['--unhandled-rejections', 'warn'],
    ['--unhandled-rejections=warn'],
    ['--unhandled_rejections', 'warn'],
    ['--dns-result-order', 'ipv4first'],
    ['--enable-source-maps', '--conditions', ''],
    ['--conditions', 'a b', '--no-deprecation'],
  ])('flags with their values, however they are written [R16]: %s %s %s', (...flags) => {
    const known = flags.filter((flag) => flag !== undefined);
    expect(inherited(known, kind)).toEqual(known);
  });

  it.each([
    ['-e', 'code()'],
    ['-p', '1 + 1'],
    ['-pe', '1'],
    ['--eval=code()'],
    ['--print'],
    ['--input-type=module'],
    ['--input-type', 'module'],
    ['-i'],
    ['--interactive'],
    ['-c'],
    ['--check'],
    ['--run', 'x'],
    ['--build-snapshot'],
    ['--experimental-sea-config', 'x.json'],
  ])('nothing that would run the program again: %s', (...flags) => {
    expect(inherited([...flags, '--no-warnings'], kind)).toEqual(['--no-warnings']);
  });

  it.each([
    ['--test'],
    ['--test-only'],
    ['--test-reporter', 'spec'],
    ['--test-name-pattern=x'],
    ['--experimental-test-coverage'],
    ['--watch'],
    ['--watch-path', 'src'],
    ['--watch-preserve-output'],
    ['--inspect'],
    ['--inspect-brk=0'],
    ['--inspect-port', '9230'],
    ['--inspect_port=9230'],
    ['--inspect-wait'],
    ['--debug-port', '1'],
    ['--cpu-prof', '--cpu-prof-dir', 'out'],
    ['--heap-prof'],
    ['--prof'],
    ['--env-file', '.env'],
    ['--title', 'x'],
    ['--report-on-signal'],
    ['--trace-event-categories', 'v8'],
  ])('nothing that tests, watches, inspects or measures it [R16]: %s %s %s', (...flags) => {
    const known = flags.filter((flag) => flag !== undefined);
    expect(inherited([...known, '--no-warnings'], kind)).toEqual(['--no-warnings']);
  });
});

describe('flags of a whole process', () => {
  it('go to processes; a thread lives in one already, and gets those that Node lets it have [R16]', () => {
    const flags = [
      '--max-old-space-size=300',
      '--stack-size=2000',
      '--expose-gc',
      '--harmony',
      '--tls-cipher-list',
      'DEFAULT',
      '--use-openssl-ca',
    ];
    expect(inherited([...flags, '--no-warnings'], 'process')).toEqual([...flags, '--no-warnings']);
    expect(inherited([...flags, '--no-warnings'], 'thread')).toEqual(['--no-warnings']);
  });

  it('are not passed on when they are unknown to this module', () => {
    expect(inherited(['--of-a-later-node', 'x'], 'process')).toEqual([]);
  });

  it('of the permission model go to both, with what is allowed [R18]', () => {
    const [flag] = ['--permission', '--experimental-permission'].filter((each) => process.allowedNodeEnvironmentFlags.has(each));
    const flags = [flag as string, '--allow-fs-read=*', '--allow-worker'];
    for (const kind of KINDS) expect(inherited(flags, kind)).toEqual(flags);
  });
});

describe('NODE_OPTIONS', () => {
  const perProcess = '--use-openssl-ca --title=x';

  it('opens no inspector, and neither tests nor watches', () => {
    for (const kind of KINDS) {
      for (const options of ['--inspect', '--inspect-brk=0', '--inspect-port 0', '--inspect-publish-uid=http', '--watch', '--test-only']) {
        expect(nodeOptions(`--no-warnings ${options} --no-deprecation`, kind)).toBe('--no-warnings --no-deprecation');
        expect(nodeOptions(options, kind)).toBe(undefined);
      }
    }
  });

  it('keeps its quotes', () => {
    const text = '--require "./with blank/\\"quoted\\" \\\\.cjs"';
    expect(nodeOptions(`--inspect ${text}`, 'process')).toBe(text);
    expect(nodeOptions(`  ${text}  `, 'process')).toBe(`  ${text}  `);
  });

  it('reaches threads unchanged where Node would refuse a changed one [R17]', () => {
    const text = `--inspect-port 0 ${perProcess}`;
    expect(nodeOptions(text, 'thread')).toBe(text);
    expect(nodeOptions(text, 'process')).toBe(perProcess);
  });

  it('is that of the program also in a copy of process.env', () => {
    const own = { ...process.env, NODE_OPTIONS: `--inspect=0 ${perProcess}` } as Env;
    const { env } = workerProgram('process', { env: own }, { execArgv: [], env: own });
    expect(env['NODE_OPTIONS']).toBe(perProcess);
  });

  it('gives its loaders to workers whose environment lacks it [R19]', () => {
    const own = { execArgv: ['--no-warnings'], env: { NODE_OPTIONS: `--require "/a b/.pnp.cjs" --title=x --experimental-loader /x.mjs` } };
    const loaders = ['--require', '/a b/.pnp.cjs', '--experimental-loader', '/x.mjs'];
    for (const kind of KINDS) {
      for (const env of ['minimal', {}, { A: '1' }] as const) {
        const program = workerProgram(kind, { env }, own);
        expect(program.execArgv).toEqual([...loaders, '--no-warnings']);
        expect(program.env['NODE_OPTIONS']).toBe(undefined);
        expect(workerProgram(kind, { env, execArgv: ['--no-deprecation'] }, own).execArgv).toEqual([...loaders, '--no-deprecation']);
      }
      expect(workerProgram(kind, { env: { NODE_OPTIONS: '' } }, own).execArgv).toEqual(['--no-warnings']);
    }
  });
});

describe('the environment of a worker', () => {
  const own = { PATH: '/bin', HOME: '/home/me', SECRET: 'x', NODE_CHANNEL_FD: '3', NODE_UNIQUE_ID: '1' };

  it('is that of this program, without what is for this program alone', () => {
    const env = workerEnvironment('inherit', own);
    expect({ ...env }).toEqual({ PATH: '/bin', HOME: '/home/me', SECRET: 'x' });
    expect({ ...workerEnvironment(undefined, own) }).toEqual({ ...env });
  });

  it('has no secrets when it is minimal', () => {
    expect({ ...workerEnvironment('minimal', own) }).toEqual({ PATH: '/bin', HOME: '/home/me' });
  });

  it('is exactly what was given, without what is undefined [R45]', () => {
    expect({ ...workerEnvironment({ ONLY: 'this', EMPTY: '', ABSENT: undefined }, own) }).toEqual({ ONLY: 'this', EMPTY: '' });
  });

  it('takes nothing from a prototype', () => {
    expect(Object.getPrototypeOf(workerEnvironment('inherit', own))).toBe(null);
    expect(Object.getPrototypeOf(workerEnvironment({ A: '1' }, own))).toBe(null);
    expect({ ...workerEnvironment('minimal', Object.create({ PATH: '/evil' })) }).toEqual({});
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
