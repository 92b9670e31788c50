/**
 * Reads Node's flags: which arguments form one flag, and which flags a worker inherits.
 *
 * Node takes the next argument as the value of a flag only if it does not begin with `-`, and an argument that is neither a flag nor a value
 * ends the flags. So in a list that Node accepted (`process.execArgv`, `NODE_OPTIONS`) an argument that does not begin with `-` is the value of
 * the flag before it, and no list of the flags with a value is needed. `process.allowedNodeEnvironmentFlags` has the flags that any program may
 * need, and not those that say what to run. This file does not know which flags a thread accepts (thread-flags.ts).
 */
import process from 'node:process';

/** One flag: its name with dashes and without `no-`, its value if it has one, and the arguments as they were written. */
export interface Flag {
  readonly name: string;
  readonly value: string | undefined;
  readonly args: readonly string[];
}

/** Returns the name of a flag with dashes; Node takes underscores for dashes. */
function nameOf(argument: string): string {
  const [name = ''] = argument.split('=', 1);
  return name.startsWith('--') ? name.replaceAll('_', '-').replace(/^--no-/, '--') : name;
}

/** Returns the flags in a list of arguments that Node accepted. */
export function flagsOf(args: readonly string[]): Flag[] {
  const flags: Flag[] = [];
  for (let i = 0; i < args.length; i++) {
    const first = args[i] as string;
    const joined = first.indexOf('=');
    const next = args[i + 1];
    if (joined === -1 && next !== undefined && !next.startsWith('-')) {
      flags.push({ name: nameOf(first), value: next, args: [first, next] });
      i++;
    } else flags.push({ name: nameOf(first), value: joined === -1 ? undefined : first.slice(joined + 1), args: [first] });
  }
  return flags;
}

/** Returns the arguments of the flags, as they were written. */
export function argumentsOf(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ args }) => args);
}

/** Returns the same flag with another value. */
export function withValue(flag: Flag, value: string): Flag {
  const [first = ''] = flag.args;
  const args = flag.args.length === 2 ? [first, value] : [`${first.slice(0, first.indexOf('='))}=${value}`];
  return { name: flag.name, value, args };
}

/** Returns the flags of a `NODE_OPTIONS`. Blanks separate arguments, double quotes enclose blanks, a backslash in quotes escapes a character. */
export function parseNodeOptions(text: string): Flag[] {
  const args: string[] = [];
  let current: string | undefined;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    let char = text[i] as string;
    if (quoted && char === '\\' && i + 1 < text.length) char = text[++i] as string;
    else if (char === '"') {
      quoted = !quoted;
      continue;
    } else if (char === ' ' && !quoted) {
      if (current !== undefined) args.push(current);
      current = undefined;
      continue;
    }
    current = (current ?? '') + char;
  }
  if (current !== undefined) args.push(current);
  return flagsOf(args);
}

/** Returns the `NODE_OPTIONS` of these flags. */
export function formatNodeOptions(flags: readonly Flag[]): string {
  return argumentsOf(flags)
    .map((arg) => (/[ "\\]/.test(arg) ? `"${arg.replace(/[\\"]/g, '\\$&')}"` : arg))
    .join(' ');
}

/** With one of these flags Node does not run the script that follows, or does not read it as a module or a CommonJS file. */
const RUNS_ELSE =
  /^(-|--|-[cehipv]|-pe|--(check|eval|print|interactive|help|version|v8-options|completion-bash|input-type|run|entry-url|bench|test|watch|watch-path|build-snapshot|build-snapshot-config|build-sea|experimental-sea-config|prof-process))$/;

/** Whether Node runs no worker with this flag. */
export function runsElse(flag: Flag): boolean {
  return RUNS_ELSE.test(flag.name);
}

/** Flags of how the program is run and tested, and of its debugger. A worker never inherits them. */
const OF_THE_PROGRAM = /^--(test|experimental-test|watch|inspect|debug-port)(-|$)/;

/** Whether the flag is for the program alone, also in a `NODE_OPTIONS`. */
export function isOfTheProgram(flag: Flag): boolean {
  return runsElse(flag) || OF_THE_PROGRAM.test(flag.name);
}

/** Flags that measure the program or report on it, and its environment files, whose variables are in `env` already. */
const ABOUT_THE_PROGRAM =
  /^--(cpu-prof|heap-prof|prof|perf|report|heapsnapshot|trace-event|trace-events|redirect-warnings|diagnostic-dir|title|snapshot-blob|env-file|trace-exit|trace-sigint|node-memory-debug|track-heap-objects)(-|$)/;
/** Flags of V8, which Node does not list: memory, the language and its globals. */
const OF_V8 =
  /^--(max|min|initial|semi|young|old|stack|heap|huge|gc|expose|harmony|js|wasm|experimental-wasm|allow-natives|jitless|lite|opt|optimize-for-size|sparkplug|maglev|use-strict|single-threaded)(-|$)/;
/** Flags of Node that `NODE_OPTIONS` cannot contain, although every program may need them. */
const FOR_ANY_PROGRAM = /^--(experimental-config-file|experimental-default-config-file|vfs-load|security-revert)$/;

/** Whether a worker process inherits this flag of the program's command line. */
export function isInherited(flag: Flag): boolean {
  if (isOfTheProgram(flag) || ABOUT_THE_PROGRAM.test(flag.name)) return false;
  return process.allowedNodeEnvironmentFlags.has(flag.args[0] as string) || OF_V8.test(flag.name) || FOR_ANY_PROGRAM.test(flag.name);
}

const LOADS_MODULES =
  /^(-r|-C|--(require|import|loader|experimental-loader|conditions|preserve-symlinks|preserve-symlinks-main|experimental-package-map))$/;

/** Whether a module of the program may fail to load without this flag. */
export function loadsModules(flag: Flag): boolean {
  return LOADS_MODULES.test(flag.name);
}
