#!/usr/bin/env node
/**
 * The `twinpool` command: finds the subcommand, loads it and runs it.
 *
 *   exit code 0: done      2: misuse, or the package of the subcommand is not installed      others: those of the subcommand
 *
 * The message for misuse names the command or option that the user probably meant. For a package that is not installed the command prints the line that
 * runs it. It does not know the arguments of a subcommand.
 */
import { createRequire } from 'node:module';
import { findPackage } from './command/find-package.ts';
import { SignalWatch } from './command/signal-watch.ts';
import type { Surroundings } from './command/surroundings.ts';
import { quoted } from './quoted.ts';

interface Subcommand {
  readonly about: string;
  /** Runs it with the arguments after its name; resolves with the exit code. */
  readonly run: (args: readonly string[], surroundings: Surroundings) => Promise<number>;
}

const SUBCOMMANDS: Readonly<Record<string, Subcommand>> = {
  map: {
    about: 'calls a function with every record of a file or a pipe, in parallel',
    run: runMap,
  },
  doctor: {
    about: 'reports what twinpool sees on this machine',
    run: async (args, surroundings) => (await import('./command/doctor.ts')).runDoctor(args, surroundings),
  },
  explain: {
    about: 'prints the cause and the cure of an error code, offline',
    run: async (args, surroundings) => (await import('./command/explain.ts')).runExplain(args, surroundings),
  },
  migrate: {
    about: 'rewrites a program from one API to the other, or from piscina or workerpool',
    run: runMigrate,
  },
  worker: {
    about: 'runs the tasks of a queue on this machine, for programs on others',
    run: runWorker,
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

async function runMap(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const signals = new SignalWatch();
  const { runMap: run } = await import('./command/map.ts');
  try {
    return await run(args, surroundings, signals);
  } finally {
    signals.close();
  }
}

/** `@twinpool/migrate` is not a dependency, because it brings a compiler. It runs if it is installed next to twinpool, or in the user's project. */
async function runMigrate(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const module = findPackage('@twinpool/migrate/command', surroundings.cwd());
  if (module === undefined) {
    const line = ['npx', '@twinpool/migrate', ...args.map((arg) => quoted(arg, process.platform))].join(' ');
    surroundings.stderr.write(
      `twinpool migrate: the package @twinpool/migrate is not installed here. This line fetches and runs it:\n\n${line}\n`,
    );
    return 2;
  }
  const { run } = (await import(module)) as typeof import('@twinpool/migrate/command');
  return run(args, surroundings);
}

/** `@twinpool/bullmq` is not a dependency, because most programs need no queue. */
async function runWorker(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const module = findPackage('@twinpool/bullmq/command', surroundings.cwd());
  if (module === undefined) {
    surroundings.stderr.write(
      'twinpool worker: the package @twinpool/bullmq is not installed here. This line installs it:\n\nnpm install @twinpool/bullmq\n',
    );
    return 2;
  }
  const { run } = (await import(module)) as typeof import('@twinpool/bullmq/command');
  return run(args, surroundings);
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
