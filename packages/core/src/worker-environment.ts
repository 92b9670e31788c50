/**
 * What a worker inherits of this program: flags and environment.
 *
 * Decides by lists. Of `process.execArgv` a worker gets loaders, conditions, memory limits and the like; never what would run the program again
 * (`-e`, `-p`, `--input-type`), test it, watch it or open an inspector.
 */

/** Flags that take their value as the next argument, when it is not joined by `=`. */
const WITH_VALUE = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
  '--env-file',
  '--openssl-config',
  '--icu-data-dir',
]);
/** Passed on to processes and threads. */
const FOR_ALL = [
  /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions)(=|$)/,
  /^--(no-)?(experimental|preserve-symlinks|enable-source-maps|warnings|deprecation|addons|strip-types|require-module|network-family)/,
  /^--(throw-deprecation|trace-(warnings|deprecation|uncaught)|pending-deprecation|disable-warning|unhandled-rejections|dns-result-order)/,
];
/** Of V8 and of the whole process: a thread has them from the program it lives in, and refuses them as its own. */
const FOR_PROCESSES = [
  /^--(max[-_](old|semi|heap)[-_].*|stack[-_]size|expose[-_]gc|harmony.*|jitless|max[-_]http[-_]header[-_]size|openssl.*|use-.*-ca|permission|allow-.*|icu-data-dir|tls-.*|secure-heap.*|frozen-intrinsics|disallow[-_]code.*)(=|$)/,
];

export function inheritedExecArgv(execArgv: readonly string[], kind: 'process' | 'thread'): string[] {
  const lists = kind === 'process' ? [...FOR_ALL, ...FOR_PROCESSES] : FOR_ALL;
  const passed: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i] as string;
    const value = WITH_VALUE.has(flag) ? execArgv[++i] : undefined;
    if (!lists.some((pattern) => pattern.test(flag)) || (kind === 'thread' && flag.includes('shadow-realm'))) continue;
    passed.push(flag);
    if (value !== undefined) passed.push(value);
  }
  return passed;
}

const MINIMAL = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'TMPDIR',
  'TMP',
  'TEMP',
  'TZ',
  'LANG',
  'LC_ALL',
  'NODE_ENV',
  'SystemRoot',
  'NODE_V8_COVERAGE',
];
/** Of this program alone: a channel to its own parent, how it reports to `node --test`, and flags that open an inspector. */
const NEVER = new Set(['NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE', 'NODE_UNIQUE_ID', 'NODE_TEST_CONTEXT']);
const INSPECTOR = /(^|\s)--inspect\S*/g;

export function workerEnvironment(
  env: 'inherit' | 'minimal' | Record<string, string> | undefined,
  own: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  const result = Object.create(null) as NodeJS.ProcessEnv;
  if (typeof env === 'object') return Object.assign(result, env);
  const names = env === 'minimal' ? MINIMAL : Object.keys(own).filter((name) => !NEVER.has(name));
  for (const name of names) if (own[name] !== undefined) result[name] = own[name];
  if (result['NODE_OPTIONS'] !== undefined) result['NODE_OPTIONS'] = result['NODE_OPTIONS'].replace(INSPECTOR, '');
  return result;
}

/** Memory limits as the flags that a process takes. */
export function memoryFlags(
  limits: { maxOldGenerationSizeMb?: number | undefined; maxYoungGenerationSizeMb?: number | undefined } | undefined,
): string[] {
  const flags: string[] = [];
  if (limits?.maxOldGenerationSizeMb !== undefined) flags.push(`--max-old-space-size=${limits.maxOldGenerationSizeMb}`);
  if (limits?.maxYoungGenerationSizeMb !== undefined) flags.push(`--max-semi-space-size=${limits.maxYoungGenerationSizeMb}`);
  return flags;
}
