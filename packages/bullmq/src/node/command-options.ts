/**
 * Reads the arguments of `twinpool worker`. A message for misuse names the flag, and the one that was probably meant.
 */
import { readFileSync } from 'node:fs';
import { cpuCount } from '@twinpool/core';
import { nearest } from '@twinpool/core/facade';
import { isEngineUrl } from '../client/connect-options.ts';

export interface WorkerCommandOptions {
  readonly queue: string;
  readonly tasks: string;
  readonly connection: string;
  readonly kind: 'process' | 'thread';
  readonly slots: number;
  readonly concurrentTasks: number;
  readonly secret: string | undefined;
  readonly prefix: string | undefined;
  readonly health: string | undefined;
  readonly connectTimeout: number;
  readonly drainTimeout: number;
  readonly lockDuration: number;
  readonly log: 'text' | 'json';
  readonly check: boolean;
  readonly migrates: boolean;
}

/** The command was called in a wrong way. */
export class Misuse extends Error {}

const WITH_VALUE = [
  '--queue',
  '--tasks',
  '--connection',
  '--kind',
  '--slots',
  '--concurrent-tasks',
  '--secret-file',
  '--prefix',
  '--health',
  '--connect-timeout',
  '--drain-timeout',
  '--lock-duration',
  '--log',
];
const ALONE = ['--check', '--no-migrate', '--help'];
const LONGEST = 2 ** 31 - 1;

/** Returns 'help', or the options. Throws Misuse. */
export function readCommand(args: readonly string[]): WorkerCommandOptions | 'help' {
  const given = read(args);
  if (given.has('--help')) return 'help';
  const text = (flag: string) => given.get(flag);
  for (const flag of ['--queue', '--tasks']) if (text(flag) === undefined) throw new Misuse(`${flag} is missing`);
  const connection = text('--connection') ?? 'redis://127.0.0.1:6379';
  if (!isEngineUrl(connection)) throw new Misuse(`--connection: expected a redis: or postgres: URL, got ${connection}`);
  const queue = text('--queue') as string;
  if (queue === '' || queue.includes(':')) throw new Misuse(`--queue: expected the name of a queue, without \`:\`, got '${queue}'`);
  const health = text('--health');
  if (health !== undefined && !/^.+:\d{1,5}$/.test(health)) throw new Misuse(`--health: expected HOST:PORT, got ${health}`);
  return {
    queue,
    tasks: text('--tasks') as string,
    connection,
    kind: oneOf(given, '--kind', ['process', 'thread'], 'process'),
    slots: whole(given, '--slots', 1, 1024) ?? cpuCount(),
    concurrentTasks: whole(given, '--concurrent-tasks', 1, 1024) ?? 1,
    secret: secretOf(text('--secret-file')),
    prefix: text('--prefix'),
    health,
    connectTimeout: whole(given, '--connect-timeout', 0, LONGEST) ?? 10_000,
    drainTimeout: whole(given, '--drain-timeout', 0, LONGEST) ?? 30_000,
    lockDuration: whole(given, '--lock-duration', 500, LONGEST) ?? 5000,
    log: oneOf(given, '--log', ['text', 'json'], 'text'),
    check: given.has('--check'),
    migrates: !given.has('--no-migrate'),
  };
}

function read(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at++) {
    const [flag = '', own] = (args[at] as string).startsWith('--') ? split(args[at] as string) : [args[at]];
    const name = flag === '-h' ? '--help' : flag;
    if (!WITH_VALUE.includes(name) && !ALONE.includes(name)) {
      const meant = name.startsWith('-') ? nearest(name, [...WITH_VALUE, ...ALONE]) : undefined;
      throw new Misuse(
        `there is no ${name.startsWith('-') ? 'option' : 'argument'} ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
    }
    if (given.has(name)) throw new Misuse(`${name} is given twice`);
    if (ALONE.includes(name)) {
      if (own !== undefined) throw new Misuse(`${name} takes no value`);
      given.set(name, '');
      continue;
    }
    const value = own ?? args[++at];
    if (value === undefined) throw new Misuse(`${name}: a value is missing`);
    given.set(name, value);
  }
  return given;
}

function split(arg: string): [string, string | undefined] {
  const at = arg.indexOf('=');
  return at === -1 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function whole(given: ReadonlyMap<string, string>, flag: string, least: number, most: number): number | undefined {
  const text = given.get(flag);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new Misuse(`${flag}: expected a whole number from ${least} to ${most}, got ${text}`);
  return value;
}

function oneOf<T extends string>(given: ReadonlyMap<string, string>, flag: string, values: readonly T[], other: T): T {
  const text = given.get(flag) ?? other;
  if (!values.includes(text as T)) throw new Misuse(`${flag}: expected ${values.join(' or ')}, got ${text}`);
  return text as T;
}

/** White space around the secret is not part of it: editors end a file with a newline. */
function secretOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Misuse(`--secret-file: ${(error as Error).message}`);
  }
  if (text === '') throw new Misuse(`--secret-file: ${file} is empty`);
  return text;
}
