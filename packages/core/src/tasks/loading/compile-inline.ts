/**
 * Makes an inline function of its source: the only place where text becomes code.
 *
 * Decides what the code sees: the globals of this worker, and nothing of this package. Bare `import()` resolves from the file
 * where the function was written, stack lines name that file. Refuses to know where the source came from: descriptors arrive
 * from the parent only, before any task.
 */
import { createRequire } from 'node:module';
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
      // A path, since Bun resolves from nothing else.
      filename: fileURLToPath(base),
      lineOffset: line - 1,
      // The parenthesis before the function is not its own.
      columnOffset: column - 2 - before.length,
      ...(imports ? { importModuleDynamically: mainLoader() } : {}),
    });
    made = script.runInThisContext();
  } catch (cause) {
    throw new TaskModuleError(`Cannot compile the task \`${name}\``, { cause });
  }
  if (typeof made !== 'function') throw new TaskModuleError(`The source of the task \`${name}\` is not a function`);
  return made as (...args: unknown[]) => unknown;
}

/** On first need: a worker without inline functions, and the program, have no use for it. */
function vm(): typeof import('node:vm') {
  return createRequire(import.meta.url)('node:vm') as typeof import('node:vm');
}

let isAnnounced = false;

/**
 * Node's own loader, resolving from the script's file. Node warns once a thread that this option is experimental: a program that
 * writes `import()` into a function should not hear of it, so the first use is here, with the warning held back.
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

/** Whatever is read of a coverage counter is the counter, or 0 where a number is wanted. */
const COUNTER = '(()=>{const c=new Proxy(function(){},{apply:()=>c,get:(_,k)=>k===Symbol.toPrimitive?()=>0:c,set:()=>true});return c})()';

/** Stands around what a computed `import()` names. */
const SPECIFIER = `const __twinpoolSpecifier=(s)=>{if(/^\\.{0,2}\\/|^\\.{1,2}$/.test(s))throw new TypeError("import('"+s+"'): a relative \
import() needs the file it is written in, and an inline task has none; export the function");return s};`;
