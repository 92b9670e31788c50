/** Writes an argument so that a shell passes it on unchanged: `sh` and its relatives, or on Windows `cmd.exe`. */

const PLAIN = /^[\w@%+=:,./-]+$/;
const PLAIN_ON_WINDOWS = /^[\w@+=:./\\-]+$/;

/** `platform` as in `process.platform`. An argument that no shell changes stays as it is. */
export function quoted(argument: string, platform: string): string {
  if (platform !== 'win32') return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
  if (PLAIN_ON_WINDOWS.test(argument)) return argument;
  // The program's own reader of arguments takes backslashes for themselves, except before a quote.
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
