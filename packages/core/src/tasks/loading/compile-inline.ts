/**
 * Compiles the source of an inline function: the only file that turns text into code.
 *
 * Invariants: the code sees the globals of this worker and nothing of this package. A bare `import()` resolves from the file in which the function
 * is written, and stack lines name that file.
 * This file does not know where the source comes from. Only the program sends descriptors, each before the first task of its function.
 */
import { fileURLToPath } from 'node:url';
import { TaskModuleError } from '../../errors.ts';
import type { SourceDescriptor } from '../definition/task-descriptor.ts';

export function compileInline(descriptor: SourceDescriptor): (...args: unknown[]) => unknown {
  const { name, source, base, line, column, strict, imports, identities, counters } = descriptor;
  const helpers = [
    ...identities.map((helper) => `const ${helper}=(x)=>x;`),
    ...counters.map((counter) => `const ${counter}=${COUNTER};`),
    imports ? SPECIFIER : '',
  ].join('');
  const before = `(()=>{${strict ? "'use strict';" : ''}${helpers}return `;
  const { Script } = vm();
  let made: unknown;
  try {
    const script = new Script(`${before}${source}})()`, {
      // Bun resolves imports only if the file name is a path.
      filename: fileURLToPath(base),
      lineOffset: line - 1,
      // The parenthesis before the function is not part of the user's text.
      columnOffset: column - 2 - before.length,
      ...(imports ? { importModuleDynamically: mainLoader() } : {}),
    });
    made = script.runInThisContext();
  } catch (cause) {
    throw new TaskModuleError(
      `Cannot compile the task \`${name}\`: ${cause instanceof Error ? cause.message : String(cause)}; export the function`,
      { cause },
    );
  }
  if (typeof made !== 'function')
    throw new TaskModuleError(`The source of the task \`${name}\` is not a function but ${typeof made}; export the function`);
  return made as (...args: unknown[]) => unknown;
}

/** Loads `node:vm` on first use: the program, and workers without inline functions, do not need it. */
function vm(): typeof import('node:vm') {
  return process.getBuiltinModule('node:vm');
}

let isAnnounced = false;

/**
 * Returns Node's own loader, which resolves from the script's file. Node warns once per thread that this option is experimental. The warning does
 * not help a user who writes `import()` into a function, so the first use happens here and its warning is dropped.
 */
function mainLoader(): typeof import('node:vm').constants.USE_MAIN_CONTEXT_DEFAULT_LOADER {
  const { constants, Script } = vm();
  const loader = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (isAnnounced) return loader;
  isAnnounced = true;
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    new Script("import('node:module')", { importModuleDynamically: loader }).runInThisContext();
  } finally {
    process.emitWarning = emitWarning;
  }
  return loader;
}

/** A coverage counter without effect: every property and call returns the counter itself, and its number is 0. */
const COUNTER = '(()=>{const c=new Proxy(function(){},{apply:()=>c,get:(_,k)=>k===Symbol.toPrimitive?()=>0:c,set:()=>true});return c})()';

/** The function around the specifier of a computed `import()`: it throws for a relative one. */
const SPECIFIER = `const __twinpoolSpecifier=(s)=>{if(/^\\.{0,2}\\/|^\\.{1,2}$/.test(s))throw new TypeError("import('"+s+"'): a relative \
import() needs the file it is written in, and an inline task has none; export the function");return s};`;
