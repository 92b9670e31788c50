#!/usr/bin/env node
/**
 * The `twinpool` command: finds the subcommand and runs it.
 *
 * Decides which there are, and that a misuse ends with 2. Each is loaded when it is asked for; what it does it knows itself.
 */

interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  cwd(): string;
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

const HELP = `Usage: twinpool <command> [arguments]

${Object.entries(SUBCOMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(10)}${about}`)
  .join('\n')}

twinpool <command> --help says more.
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h') {
    process.stdout.write(HELP);
    return 0;
  }
  const subcommand = name !== undefined && Object.hasOwn(SUBCOMMANDS, name) ? SUBCOMMANDS[name] : undefined;
  if (subcommand !== undefined) return subcommand.run(args, process);
  process.stderr.write(`twinpool: ${name === undefined ? 'no command is given' : `there is no command ${name}`}\n\n${HELP}`);
  return 2;
}

process.exitCode = await main(process.argv.slice(2));
