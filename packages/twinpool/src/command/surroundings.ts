/** The parts of this process that a subcommand uses. */
export interface Surroundings {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  cwd(): string;
  /** Returns the name in `names` that a misspelt name probably means. */
  nearest(name: string, names: readonly string[]): string | undefined;
}
