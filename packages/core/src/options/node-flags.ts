/**
 * Reads Node's flags: which argument belongs to which flag, and which flags a worker inherits.
 *
 * Node takes the next argument as the value of a flag only if it does not begin with `-`, and an argument that is neither a flag nor a value
 * ends the flags. So in a list that Node accepted (`process.execArgv`, `NODE_OPTIONS`) whatever does not begin with `-` is the value of the
 * flag before it: no list of the flags that take a value is needed. `process.allowedNodeEnvironmentFlags` tells Node's flags for programs of
 * any kind from those that say what to run. This module does not know what a thread accepts (thread-flags.ts).
 */
import process from 'node:process';

/** One flag: its name with dashes and without `no-`, its value if it has one, and the arguments as they were written. */
export interface Flag {
  readonly name: string;
  readonly value: string | undefined;
  readonly args: readonly string[];
}

/** Underscores and dashes mean the same in the name of a flag. */
function nameOf(argument: string): string {
  const [name = ''] = argument.split('=', 1);
  return name.startsWith('--') ? name.replaceAll('_', '-').replace(/^--no-/, '--') : name;
}

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

/** The arguments of the flags. */
export function argumentsOf(flags: readonly Flag[]): string[] {
  return flags.flatMap(({ args }) => args);
}

/** The same flag with another value. */
export function withValue(flag: Flag, value: string): Flag {
  const [first = ''] = flag.args;
  const args = flag.args.length === 2 ? [first, value] : [`${first.slice(0, first.indexOf('='))}=${value}`];
  return { name: flag.name, value, args };
}

/** The flags of a `NODE_OPTIONS`: blanks separate, double quotes hold blanks, a backslash in quotes takes the next character as it is. */
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

export function formatNodeOptions(flags: readonly Flag[]): string {
  return argumentsOf(flags)
    .map((arg) => (/[ "\\]/.test(arg) ? `"${arg.replace(/[\\"]/g, '\\$&')}"` : arg))
    .join(' ');
}

/** Node runs something else than the script that follows, or reads the script as something else. */
const RUNS_ELSE =
  /^(-|--|-[cehipv]|-pe|--(check|eval|print|interactive|help|version|v8-options|completion-bash|input-type|run|entry-url|bench|test|watch|watch-path|build-snapshot|build-snapshot-config|build-sea|experimental-sea-config|prof-process))$/;

/** With this flag Node does not run a worker. */
export function runsElse(flag: Flag): boolean {
  return RUNS_ELSE.test(flag.name);
}

/** About how the program is run and tested, and what stops it for a debugger: never for a worker. */
const OF_THE_PROGRAM = /^--(test|experimental-test|watch|inspect|debug-port)(-|$)/;

/** In a `NODE_OPTIONS`, too, this is for the program alone. */
export function isOfTheProgram(flag: Flag): boolean {
  return runsElse(flag) || OF_THE_PROGRAM.test(flag.name);
}

/** What measures and reports on the program that it was given to, and its environment files, which `env` stands for. */
const ABOUT_THE_PROGRAM =
  /^--(cpu-prof|heap-prof|prof|perf|report|heapsnapshot|trace-event|trace-events|redirect-warnings|diagnostic-dir|title|snapshot-blob|env-file|trace-exit|trace-sigint|node-memory-debug|track-heap-objects)(-|$)/;
/** V8's own, which Node does not list: memory, and what the language and its globals are. */
const OF_V8 =
  /^--(max|min|initial|semi|young|old|stack|heap|huge|gc|expose|harmony|js|wasm|experimental-wasm|allow-natives|jitless|lite|opt|optimize-for-size|sparkplug|maglev|use-strict|single-threaded)(-|$)/;
/** Node's own which `NODE_OPTIONS` cannot have, although every program may need them. */
const FOR_ANY_PROGRAM = /^--(experimental-config-file|experimental-default-config-file|vfs-load|security-revert)$/;

/** Of the flags on the command line of a program, those that its worker processes get. */
export function isInherited(flag: Flag): boolean {
  if (isOfTheProgram(flag) || ABOUT_THE_PROGRAM.test(flag.name)) return false;
  return process.allowedNodeEnvironmentFlags.has(flag.args[0] as string) || OF_V8.test(flag.name) || FOR_ANY_PROGRAM.test(flag.name);
}

const LOADS_MODULES =
  /^(-r|-C|--(require|import|loader|experimental-loader|conditions|preserve-symlinks|preserve-symlinks-main|experimental-package-map))$/;

/** Without it modules that the program loads cannot be loaded. */
export function loadsModules(flag: Flag): boolean {
  return LOADS_MODULES.test(flag.name);
}
