#!/usr/bin/env node
/**
 * The `twinpool` command: finds the subcommand and runs it.
 *
 * Each subcommand is loaded when it is called, and knows its own arguments. Misuse ends with 2, and names the command or option that was
 * probably meant. A subcommand of a package that the umbrella does not install prints the line that runs it.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { quoted } from './quoted.ts';

interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  cwd(): string;
  nearest(name: string, names: readonly string[]): string | undefined;
}

interface Subcommand {
  readonly about: string;
  /** Runs it with the arguments after its name; resolves with the exit code. */
  readonly run: (args: readonly string[], surroundings: Surroundings) => Promise<number>;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  migrate: {
    about: 'rewrites a program from one API to the other, or from piscina or workerpool',
    run: runMigrate,
  },
};

const OPTIONS = ['--help', '--version'];

const HELP = `Usage: twinpool <command> [arguments]

${Object.entries(SUBCOMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

  --help, -h       this text
  --version, -v    the version of twinpool

twinpool <command> --help says more.
`;

/** `@twinpool/migrate` is not a dependency: it brings a compiler. It runs when it is installed beside twinpool, or in the caller's project. */
async function runMigrate(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const module = resolveFrom('@twinpool/migrate/command', [import.meta.url, pathToFileURL(join(surroundings.cwd(), 'package.json')).href]);
  if (module === undefined) {
    const line = ['npx', '@twinpool/migrate', ...args.map((arg) => quoted(arg, process.platform))].join(' ');
    surroundings.stderr.write(
      `twinpool migrate: the package @twinpool/migrate is not installed here. This line fetches and runs it:\n\n${line}\n`,
    );
    return 2;
  }
  const { run } = (await import(pathToFileURL(module).href)) as typeof import('@twinpool/migrate/command');
  return run(args, surroundings);
}

/** The file of a module that is installed where one of these modules is; undefined when it is in none of these places. */
function resolveFrom(specifier: string, places: readonly string[]): string | undefined {
  for (const place of places) {
    try {
      return createRequire(place).resolve(specifier);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return undefined;
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    const { version } = createRequire(import.meta.url)('../package.json') as { readonly version: string };
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const { nearest } = await import('@twinpool/core/facade');
  const subcommand = name !== undefined && Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand !== undefined) {
    const { stdout, stderr, env, cwd } = process;
    return subcommand.run(args, { stdout, stderr, env, cwd, nearest });
  }
  process.stderr.write(`twinpool: ${misuse(name, nearest)}\n\n${HELP}`);
  return 2;
}

function misuse(name: string | undefined, nearest: Surroundings['nearest']): string {
  if (name === undefined) return 'no command is given';
  const isOption = name.startsWith('-');
  const meant = nearest(name, isOption ? OPTIONS : Object.keys(SUBCOMMANDS));
  return `there is no ${isOption ? 'option' : 'command'} ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

process.exitCode = await main(process.argv.slice(2));
