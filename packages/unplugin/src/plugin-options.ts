/** The options of the plugin, and their check. */

/** What `twinpool()` takes. */
export interface TwinpoolOptions {
  /**
   * Globs of the task modules, relative to the project's root. Default: `**\/*.{task,tasks}.{ts,tsx,mts,cts,js,mjs,cjs,jsx}`. A module with the
   * directive `'use tasks'` is a task module, too.
   */
  readonly tasks?: string | readonly string[] | undefined;
}

export const DEFAULT_TASKS = '**/*.{task,tasks}.{ts,tsx,mts,cts,js,mjs,cjs,jsx}';

export interface CheckedOptions {
  readonly patterns: readonly string[];
  /** The user wrote the patterns. */
  readonly isGiven: boolean;
}

/** Throws TypeError with every fault. */
export function checkOptions(options: unknown): CheckedOptions {
  if (options === undefined) return { patterns: [DEFAULT_TASKS], isGiven: false };
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`twinpool(): expected an object of options, got ${show(options)}; write twinpool({ tasks: 'src/jobs/*.ts' })`);
  }
  const faults: string[] = [];
  for (const name of Object.keys(options)) {
    if (name !== 'tasks') faults.push(`${name}: is not an option; \`tasks\` is the only one`);
  }
  const { tasks } = options as { readonly tasks?: unknown };
  const patterns: readonly unknown[] = Array.isArray(tasks) ? tasks : [tasks];
  if (tasks !== undefined && (patterns.length === 0 || !patterns.every((one) => typeof one === 'string' && one !== ''))) {
    faults.push(`tasks: expected a glob or an array of globs, got ${show(tasks)}`);
  }
  if (faults.length > 0) throw new TypeError(`twinpool(): ${faults.join('; ')}`);
  return tasks === undefined ? { patterns: [DEFAULT_TASKS], isGiven: false } : { patterns: patterns as string[], isGiven: true };
}

function show(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array with other values';
  return typeof value === 'string' ? `'${value}'` : `a value of type ${typeof value}`;
}
