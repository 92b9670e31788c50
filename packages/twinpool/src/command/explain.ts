/**
 * `twinpool explain CODE`: prints the page of an error code: cause, smallest example and cure.
 *
 *   docs/errors/CODE.md --scripts/bundle.mjs--> ERROR_PAGES --by code, short code or class name--> standard output
 *
 * The pages are those of all packages, installed or not, so that the command works offline and for an error of a log of another machine.
 * This file does not know what the errors mean.
 */
import type { Surroundings } from './surroundings.ts';

/** The pages by their code, as JSON. The build replaces this name (scripts/bundle.mjs). */
declare const ERROR_PAGES: string;

const PREFIX = 'ERR_TWINPOOL';

export const HELP = `Usage: twinpool explain CODE

Prints the cause of an error, the smallest example, and the cure. It needs no network.

  twinpool explain ERR_TWINPOOL_WORKER_LOST
  twinpool explain worker_lost        # the same
  twinpool explain WorkerLostError    # the same

Without CODE it lists all codes.

Exit code: 0 the page was printed, 2 there is no such code.
`;

export async function runExplain(args: readonly string[], { stdout, stderr, nearest }: Surroundings): Promise<number> {
  const misuse = (message: string): number => {
    stderr.write(`twinpool explain: ${message}\n`);
    return 2;
  };
  if (args.some((arg) => arg === '--help' || arg === '-h')) {
    stdout.write(HELP);
    return 0;
  }
  const option = args.find((arg) => arg.startsWith('-'));
  if (option !== undefined) {
    const meant = nearest(option, ['--help']);
    return misuse(`there is no option ${option}${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }
  const pages = new Map(Object.entries(JSON.parse(ERROR_PAGES) as Record<string, string>));
  const [wanted, another] = args;
  if (wanted === undefined) {
    stdout.write(listOf(pages));
    return misuse('expected one of these codes: twinpool explain ERR_TWINPOOL_WORKER_LOST');
  }
  if (another !== undefined) return misuse(`expected one code, got ${wanted} and ${another}`);
  const codes = namesOf(pages);
  const code = codes.get(plain(wanted));
  if (code === undefined) {
    const meant = nearest(plain(wanted), [...codes.keys()]);
    const found = meant === undefined ? undefined : codes.get(meant);
    return misuse(`there is no code ${wanted}${found === undefined ? '; without CODE the command lists all' : `; did you mean ${found}?`}`);
  }
  stdout.write(pages.get(code) as string);
  return 0;
}

/** The codes by each name that a user may write, in the form of `plain`. */
function namesOf(pages: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [code, text] of pages) {
    for (const name of [code, ...classesOf(text)]) names.set(plain(name), code);
    if (code !== PREFIX) names.set(plain(code.slice(PREFIX.length + 1)), code);
  }
  return names;
}

/** The classes that have this code: those of the first line that are not a base class. */
function classesOf(text: string): readonly string[] {
  const line = /^Class: (.*)$/m.exec(text)?.[1] ?? '';
  return [...line.replace(/, an? `.*$/, '').matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
}

function plain(name: string): string {
  return name.toUpperCase().replace(/[^A-Z]/g, '');
}

function listOf(pages: ReadonlyMap<string, string>): string {
  const width = Math.max(...[...pages.keys()].map((code) => code.length)) + 2;
  return [...pages].map(([code, text]) => `${code.padEnd(width)}${classesOf(text).join(', ')}\n`).join('');
}
