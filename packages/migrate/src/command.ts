/**
 * `twinpool migrate`: arguments in, a diff or rewritten files out.
 *
 * Decides what is printed where, and the exit code: 0 all is done, 1 something is left, 2 the command was misused. Refuses to know how sources are
 * rewritten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { diff } from './diff.ts';
import { filesOf, UsageError } from './files.ts';
import type { Api } from './kinds.ts';
import { type Migration, migrate } from './migrate.ts';

/** Where a command reads and writes; `process` is one. */
export interface Surroundings {
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean | undefined };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** The one of the names that a misspelt one probably means. */
  readonly nearest?: ((name: string, names: readonly string[]) => string | undefined) | undefined;
}

const APIS: readonly Api[] = ['pool', 'executor', 'piscina', 'workerpool'];

export const HELP = `Usage: twinpool migrate --to executor|pool [--from API]... [--write] [--project FILE] [FILE or FOLDER]...

Rewrites TypeScript and JavaScript from one API to the other. Without --write nothing is changed, and a diff is printed.

  --to executor|pool    the API to move to
  --from API            pool, executor, piscina or workerpool; may be given several times (default: every one that is not --to)
  --write               change the files
  --project FILE        the tsconfig.json whose files are meant when none is named (default: the one here; without one, this folder)
  --help                this text

Folders are read without node_modules and without what .gitignore leaves out.
What cannot be translated stays as it is, is marked by a comment and listed.

Exit code: 0 everything was translated, 1 something is left, 2 the command was misused.
`;

const OPTIONS = {
  to: { type: 'string' },
  from: { type: 'string', multiple: true },
  write: { type: 'boolean', default: false },
  project: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

interface Wish {
  readonly to: 'pool' | 'executor';
  readonly from: readonly Api[] | undefined;
  readonly isWriting: boolean;
  readonly files: readonly string[];
}

/** Runs the command with the arguments after its name. Returns the exit code. */
export function run(args: readonly string[], { stdout, stderr, env, cwd, nearest }: Surroundings): number {
  const folder = cwd();
  let wish: Wish | 'help';
  try {
    wish = read(args, folder);
  } catch (error) {
    if (!(error instanceof UsageError || isParseError(error))) throw error;
    const unknown = /^Unknown option '(--[\w-]+)'/.exec(error.message)?.[1];
    const meant = unknown === undefined ? undefined : nearest?.(unknown, Object.keys(OPTIONS));
    stderr.write(`twinpool migrate: ${error.message}${meant === undefined ? '' : `\nDid you mean --${meant}?`}\n\n${HELP}`);
    return 2;
  }
  if (wish === 'help') {
    stdout.write(HELP);
    return 0;
  }
  const { to, from, isWriting, files } = wish;
  const sources = files.map((path) => ({ path: resolve(folder, path), text: readFileSync(resolve(folder, path), 'utf8') }));
  const migration = migrate(sources, { to, from });
  const shown = new Map(files.map((path) => [resolve(folder, path), path.replaceAll('\\', '/')]));
  if (isWriting) for (const { path, after } of migration.files) writeFileSync(path, after);
  else stdout.write(diffsOf(migration, shown, hasColour(stdout, env)));
  stdout.write(summaryOf(migration, shown, files.length, isWriting));
  return migration.leftovers.length > 0 ? 1 : 0;
}

function isParseError(error: unknown): error is Error {
  return error instanceof Error && String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS');
}

function read(args: readonly string[], cwd: string): Wish | 'help' {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: OPTIONS,
  });
  if (values.help) return 'help';
  const { to } = values;
  if (to === undefined) throw new UsageError('say where to: --to executor or --to pool');
  if (to !== 'pool' && to !== 'executor') throw new UsageError(`--to ${to}: expected executor or pool`);
  const from = values.from?.flatMap((each) => each.split(','));
  for (const each of from ?? []) {
    if (!(APIS as readonly string[]).includes(each)) throw new UsageError(`--from ${each}: expected ${APIS.join(', ')}`);
    if (each === to) throw new UsageError(`--from ${each} --to ${to}: that is where it is`);
  }
  if (values.project !== undefined && positionals.length > 0) throw new UsageError('--project is for when no file is named');
  const files = filesOf(positionals, cwd, values.project);
  if (files.length === 0) throw new UsageError('there is no TypeScript or JavaScript here');
  return { to, from: from as Api[] | undefined, isWriting: values.write, files };
}

function hasColour(stdout: Surroundings['stdout'], env: Surroundings['env']): boolean {
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

function summaryOf({ files, leftovers }: Migration, shown: ReadonlyMap<string, string>, looked: number, isWriting: boolean): string {
  const lines = leftovers.map(({ path, line, column, reason, doc }) => `${shown.get(path) ?? path}:${line}:${column}: ${reason} (${doc})`);
  const changed = `${files.length} of ${counted(looked, 'file')} ${isWriting ? 'changed' : 'would change'}`;
  const left =
    leftovers.length === 0
      ? 'nothing is left'
      : `${counted(leftovers.length, 'place')} left as ${leftovers.length === 1 ? 'it is' : 'they are'}`;
  return [...lines, `${changed}, ${left}`, ''].join('\n');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
