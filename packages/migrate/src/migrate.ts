/**
 * Rewrites sources from one API to another: the public function `migrate`.
 *
 *   sources -> for each step (piscina, workerpool, then the other facade):
 *     analyse -> split into programs -> passes of the transform until none keeps another owner -> imports -> unused code removed
 *   -> rewritten sources and leftovers
 *
 * Invariant: a second run changes nothing. This file does not know about the file system or the terminal.
 */
import ts from 'typescript';
import { Analysis } from './analysis.ts';
import type { Api } from './library-kind.ts';
import { Pass } from './pass.ts';
import { analyse, isReadable, type Program, pathsOf, type Source, type SourceFile, withoutHints } from './program.ts';
import { removeUnused } from './remove-unused.ts';
import { executorToPool } from './transforms/executor-to-pool.ts';
import { piscinaToExecutor } from './transforms/piscina-to-executor.ts';
import { poolToExecutor } from './transforms/pool-to-executor.ts';
import { workerpoolToExecutor } from './transforms/workerpool-to-executor.ts';

export interface MigrateOptions {
  /** The API to move to. */
  readonly to: 'pool' | 'executor';
  /** The APIs to rewrite. Default: all except `to`. */
  readonly from?: Api | readonly Api[] | undefined;
}

export interface MigratedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A place that was not translated. */
export interface Leftover {
  readonly path: string;
  /** Starts at 1. Counted in the text that the last step read. */
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  /** The page and heading of the documentation that explains the reason. */
  readonly doc: string;
}

export interface Migration {
  /** The files whose text changed. */
  readonly files: readonly MigratedFile[];
  readonly leftovers: readonly Leftover[];
}

type Transform = (pass: Pass) => void;

interface Step {
  readonly from: Api;
  readonly run: Transform;
}

/** Other libraries become executors first. If the target is a pool, the next step rewrites these executors. */
const STEPS: Readonly<Record<'pool' | 'executor', readonly Step[]>> = {
  executor: [
    { from: 'piscina', run: piscinaToExecutor },
    { from: 'workerpool', run: (pass) => workerpoolToExecutor(pass, false) },
    { from: 'pool', run: poolToExecutor },
  ],
  pool: [
    { from: 'piscina', run: piscinaToExecutor },
    { from: 'workerpool', run: (pass) => workerpoolToExecutor(pass, true) },
    { from: 'executor', run: executorToPool },
  ],
};

/**
 * Rewrites programs from one API to another.
 *
 * Pass all files of a program at once: the type of a name in one file may depend on another file. Code that cannot be translated faithfully
 * stays as it is, gets a comment with the reason, and is listed in `leftovers`. A second run changes nothing.
 *
 * @param sources the files, with absolute paths or paths relative to the working directory.
 * @param options the API to move to, and the APIs to rewrite.
 * @returns the changed files and the places that were not translated.
 *
 * @example
 * ```ts
 * import { migrate } from '@twinpool/migrate';
 *
 * const text = "import { Pool } from 'twinpool';\nawait using pool = new Pool(2);\nconsole.log(await pool.apply(Math.abs, [-1]));\n";
 * const { files } = migrate([{ path: 'main.ts', text }], { to: 'executor' });
 * console.log(files[0]?.after.includes('executor'), files[0]?.after.includes('.submit(Math.abs, -1)'));
 * ```
 */
export function migrate(sources: readonly Source[], { to, from }: MigrateOptions): Migration {
  const wanted = from === undefined ? undefined : [from].flat();
  const isWanted = (api: Api) => wanted === undefined || wanted.includes(api);
  let current: readonly Source[] = sources.filter(({ path }) => isReadable(path));
  const untouched = new Map(current.map(({ path, text }) => [path, text]));
  let leftovers: Leftover[] = [];
  for (const { from: api, run } of STEPS[to]) {
    const foreign = STEPS[to].some((step) => (step.from === 'piscina' || step.from === 'workerpool') && isWanted(step.from));
    if (!isWanted(api) && !(api === 'executor' && foreign)) continue;
    if (!mentions(current, api)) continue;
    // An API that was not selected: rewrite only the files that an earlier step changed.
    const isSelected = isWanted(api) ? () => true : ({ path, text }: Source) => untouched.get(path) !== text;
    const result = rewrite(current.filter(isSelected), run, to);
    const texts = new Map(result.sources.map(({ path, text }) => [path, text]));
    current = current.map(({ path, text }) => ({ path, text: texts.get(path) ?? text }));
    leftovers = [...leftovers, ...result.leftovers];
  }
  const before = new Map(sources.map(({ path, text }) => [path, text]));
  const files = current
    .filter(({ path, text }) => before.get(path) !== text)
    .map(({ path, text }) => ({ path, before: before.get(path) ?? '', after: text }));
  return { files, leftovers };
}

/** Whether a source mentions the library. Saves the analysis for programs that do not use it. */
function mentions(sources: readonly Source[], api: Api): boolean {
  const name = api === 'pool' || api === 'executor' ? 'twinpool' : api;
  return sources.some(({ text }) => text.includes(name));
}

function rewrite(
  sources: readonly Source[],
  run: Transform,
  to: 'pool' | 'executor',
): { readonly sources: readonly Source[]; readonly leftovers: Leftover[] } {
  const whole = analyse(sources);
  const results = programsIn(whole).map((program) => rewriteProgram(program, run, to));
  const texts = new Map(results.flatMap(({ texts: own }) => [...own]));
  return {
    sources: sources.map(({ path, text }) => ({ path, text: texts.get(path) ?? text })),
    leftovers: results.flatMap(({ leftovers }) => leftovers),
  };
}

function rewriteProgram(
  program: Program,
  run: Transform,
  to: 'pool' | 'executor',
): { readonly texts: Map<string, string>; readonly leftovers: Leftover[] } {
  const analysis = new Analysis(program);
  let pass: Pass;
  do {
    pass = new Pass(analysis, to);
    run(pass);
    pass.runDeferred();
  } while (pass.hasKeptMore);
  const stale = pass.staleMarks();
  const leftovers = leftoversOf(pass, program);
  if (pass.rewriter.isEmpty && stale.size === 0) return { texts: new Map(), leftovers };
  for (const { ast } of program.files) pass.importEditorOf(ast).finish(baseOf(program));
  const texts = program.files.map(({ path, ast }) => {
    const before = withoutHints(ast.text);
    return [path, removeUnused(path, before, withoutStale(withoutHints(pass.print(ast)), stale.get(ast)))] as const;
  });
  return { texts: new Map(texts), leftovers };
}

/** Groups files that import one another into programs. What one program keeps has no effect on another. */
function programsIn(whole: Program): Program[] {
  const groups = new Map<SourceFile, Set<SourceFile>>(whole.files.map((file) => [file, new Set([file])]));
  const byPath = new Map(whole.files.map((file) => [file.ast.fileName, file]));
  for (const file of whole.files) {
    for (const other of importsOf(whole, file)) {
      const target = byPath.get(other);
      const [a, b] = [groups.get(file), target === undefined ? undefined : groups.get(target)];
      if (a === undefined || b === undefined || a === b) continue;
      for (const member of b) {
        a.add(member);
        groups.set(member, a);
      }
    }
  }
  return [...new Set(groups.values())].map((files) => ({ ...whole, files: whole.files.filter((file) => files.has(file)) }));
}

function importsOf({ checker }: Program, { ast }: SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && /[./]/.test(node.text)) {
      const file = checker.getSymbolAtLocation(node)?.declarations?.find(ts.isSourceFile);
      if (file !== undefined) found.push(file.fileName);
      // A pool refers to a task file by its path, in a string.
      else found.push(...pathsOf(ast.fileName, node.text));
    }
    ts.forEachChild(node, visit);
  };
  visit(ast);
  return found;
}

function withoutStale(text: string, marks: readonly string[] | undefined): string {
  return (marks ?? []).reduce(
    (left, mark) => left.replace(new RegExp(`^[ \\t]*${mark.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}\\r?\\n`, 'm'), ''),
    text,
  );
}

/** The module specifier by which the program imports twinpool, for files that do not import it yet. */
function baseOf({ files }: Program): string {
  for (const { ast } of files) {
    const module = /['"]((?:@?twinpool)(?:\/(?:pool|executor))?)['"]/.exec(ast.text)?.[1];
    if (module !== undefined) return module;
  }
  return 'twinpool';
}

function leftoversOf(pass: Pass, { files }: Program): Leftover[] {
  const paths = new Map<ts.SourceFile, string>(files.map(({ path, ast }) => [ast, path]));
  return pass.untranslated.map(({ node, reason }) => {
    const file = node.getSourceFile();
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
    return { path: paths.get(file) ?? file.fileName, line: line + 1, column: character + 1, reason: reason.text, doc: reason.doc };
  });
}
