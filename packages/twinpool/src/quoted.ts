/** Quotes an argument of a command line, so that the shell passes it to the program unchanged. */

const PLAIN = /^[\w@%+=:,./-]+$/;
const PLAIN_ON_WINDOWS = /^[\w@+=:./\\-]+$/;

/** Quotes for `cmd.exe` if `platform` (as in `process.platform`) is `win32`, otherwise for `sh`. An argument without special characters stays as it is. */
export function quoted(argument: string, platform: string): string {
  if (platform !== 'win32') return PLAIN.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
  if (PLAIN_ON_WINDOWS.test(argument)) return argument;
  // On Windows the program splits its arguments itself: a backslash is special only before a double quote.
  return `"${argument.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;
}
