/**
 * The command line of `twinpool migrate`, which is also the program of `npx @twinpool/migrate`.
 *
 *   arguments -> CommandOptions -> migrate() -> a diff, or rewritten files -> a summary -> the exit code
 *
 * Exit codes: 0 everything was translated, 1 places are left (with `--check`: or a file would change), 2 the command was misused. The command
 * writes to files only with `--write`.
 * It does not know how sources are rewritten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { diff } from './diff.ts';
import { findSourceFiles, UsageError } from './find-source-files.ts';
import type { Api } from './library-kind.ts';
import { type Migration, migrate } from './migrate.ts';

/** The streams, environment and working directory of a command. `process` has this shape. */
export interface CommandContext {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** Returns the name in `names` that a misspelt name probably means. */
  readonly nearest?: ((name: string, names: readonly string[]) => string | undefined) | undefined;
}

const APIS: readonly Api[] = ['pool', 'executor', 'piscina', 'workerpool', 'tinypool', 'jest-worker'];

export const HELP = `Usage: twinpool migrate --to executor|pool [--from API]... [--write | --check] [--project FILE] [FILE or FOLDER]...
       npx @twinpool/migrate, with the same arguments

Rewrites TypeScript and JavaScript from one API to the other. Without --write the command changes no file and prints a diff.

  --to executor|pool    the API to move to
  --from API            pool, executor, piscina, workerpool, tinypool or jest-worker; repeatable (default: all but --to)
  --write               change the files
  --check               for CI: print neither a diff nor change a file; exit with 1 if a file would change
  --project FILE        the tsconfig.json that lists the files, if you name no FILE or FOLDER
                        (default: ./tsconfig.json; without one, all files of this folder)
  --help                print this text

In a folder the command skips node_modules and everything that .gitignore excludes.
It leaves code that it cannot translate as it is, marks it with a comment and lists it.

Exit code: 0 everything was translated, 1 places are left (with --check: or a file would change), 2 the command was misused.
`;

const OPTIONS = {
  to: { type: 'string' },
  from: { type: 'string', multiple: true },
  write: { type: 'boolean', default: false },
  check: { type: 'boolean', default: false },
  project: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface CommandOptions {
  readonly to: 'pool' | 'executor';
  readonly from: readonly Api[] | undefined;
  readonly isWriting: boolean;
  readonly isChecking: boolean;
  readonly files: readonly string[];
}

/** Runs the command with the arguments that follow its name. Returns the exit code. */
export function run(args: readonly string[], { stdout, stderr, env, cwd, nearest }: CommandContext): number {
  const folder = cwd();
  let options: CommandOptions | 'help';
  try {
    options = read(args, folder);
  } catch (error) {
    if (!(error instanceof UsageError || isParseError(error))) throw error;
    const unknown = /^Unknown option '(--[\w-]+)'/.exec(error.message)?.[1];
    const meant = unknown === undefined ? undefined : nearest?.(unknown, Object.keys(OPTIONS));
    stderr.write(`twinpool migrate: ${error.message}${meant === undefined ? '' : `\nDid you mean --${meant}?`}\n\n${HELP}`);
    return 2;
  }
  if (options === 'help') {
    stdout.write(HELP);
    return 0;
  }
  const { to, from, isWriting, isChecking, files } = options;
  const sources = files.map((path) => ({ path: resolve(folder, path), text: readFileSync(resolve(folder, path), 'utf8') }));
  const migration = migrate(sources, { to, from });
  const shown = new Map(files.map((path) => [resolve(folder, path), path.replaceAll('\\', '/')]));
  if (isWriting) for (const { path, after } of migration.files) writeFileSync(path, after);
  else if (!isChecking) stdout.write(diffsOf(migration, shown, hasColour(stdout, env)));
  stdout.write(summaryOf(migration, shown, files.length, isWriting));
  return migration.leftovers.length > 0 || (isChecking && migration.files.length > 0) ? 1 : 0;
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}

function read(args: readonly string[], cwd: string): CommandOptions | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  });
  if (values.help) return 'help';
  const { to } = values;
  if (to === undefined) throw new UsageError('the API to move to is missing: pass --to executor or --to pool');
  if (to !== 'pool' && to !== 'executor') throw new UsageError(`--to ${to}: expected executor or pool`);
  const from = values.from?.flatMap((each) => each.split(','));
  for (const each of from ?? []) {
    if (!(APIS as readonly string[]).includes(each)) throw new UsageError(`--from ${each}: expected ${APIS.join(', ')}`);
    if (each === to) throw new UsageError(`--from ${each} --to ${to}: both are the same API`);
  }
  if (values.project !== undefined && positionals.length > 0) throw new UsageError('--project cannot be combined with files or folders');
  if (values.write && values.check) throw new UsageError('--write cannot be combined with --check');
  const files = findSourceFiles(positionals, cwd, values.project);
  if (files.length === 0) throw new UsageError('found no TypeScript or JavaScript file');
  return { to, from: from as Api[] | undefined, isWriting: values.write, isChecking: values.check, files };
}

function hasColour(stdout: CommandContext['stdout'], env: CommandContext['env']): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb' && stdout.isTTY === true;
}

const COLOURS: readonly (readonly [start: string, code: number])[] = [
  ['---', 1],
  ['+++', 1],
  ['@@', 36],
  ['-', 31],
  ['+', 32],
];

function diffsOf({ files }: Migration, shown: ReadonlyMap<string, string>, isColoured: boolean): string {
  const paint = (line: string): string => {
    const colour = COLOURS.find(([start]) => line.startsWith(start));
    return isColoured && colour !== undefined ? `\u001b[${colour[1]}m${line}\u001b[0m` : line;
  };
  return files
    .flatMap(({ path, before, after }) => diff(shown.get(path) ?? path, before, after).map((line) => `${paint(line)}\n`))
    .join('');
}

function summaryOf({ files, leftovers }: Migration, shown: ReadonlyMap<string, string>, fileCount: number, isWriting: boolean): string {
  const lines = leftovers.map(({ path, line, column, reason, doc }) => `${shown.get(path) ?? path}:${line}:${column}: ${reason} (${doc})`);
  const changed = `${files.length} of ${counted(fileCount, 'file')} ${isWriting ? 'changed' : 'would change'}`;
  const left =
    leftovers.length === 0
      ? 'nothing is left'
      : `${counted(leftovers.length, 'place')} left as ${leftovers.length === 1 ? 'it is' : 'they are'}`;
  return [...lines, `${changed}, ${left}`, ''].join('\n');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
