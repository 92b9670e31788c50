#!/usr/bin/env node
/**
 * The `twinpool` command: finds the subcommand and runs it.
 *
 * Each subcommand is loaded when it is called, and knows its own arguments. Misuse ends with 2, and names the command or option that was
 * probably meant.
 */
import { createRequire } from 'node:module';

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
    run: async (args, surroundings) => (await import('@twinpool/migrate/command')).run(args, surroundings),
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
