/**
 * A hook of `require` that compiles modules: what a worker needs to install the same one.
 *
 * Plain data: it travels with the descriptors of tasks whose modules the hook compiles. It does not know how a hook is found
 * (discovery/program-hooks.ts) and how it is installed (loading/install-hooks.ts).
 */
export interface RequireHook {
  /** The path of the module that installs the hook when it is required. */
  readonly file: string;
  /** ts-node only: the options that the program registered it with. Its module then exports `register`. */
  readonly tsNode?: object | undefined;
}

/** The property of `process` where ts-node keeps its service. */
export const TS_NODE: symbol = Symbol.for('ts-node.register.instance');
