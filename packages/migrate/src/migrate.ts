/**
 * Rewrites sources from one API to another: the public function `migrate`.
 *
 *   sources -> other libraries to executors (sources/foreign.ts)
 *           -> the other facade: analyse -> split into programs -> passes of the transform until none keeps another owner -> imports
 *           -> marks of earlier runs removed -> rewritten sources and leftovers
 *
 * Invariant: a second run changes nothing. This file does not know about the file system or the terminal.
 */
import { resolve } from 'node:path';
import ts from 'typescript';
import { Analysis, EVERYTHING } from './analysis.ts';
import { typeRenamer, withComments } from './comment-types.ts';
import { ModuleLinks } from './flow/module-links.ts';
import { shortText, ValueFlow } from './flow/value-flow.ts';
import { FOREIGN_REASONS, markText, REASONS, type Reason, reasonOf } from './leftover-reasons.ts';
import { type Api, kindOf } from './library-kind.ts';
import { LIBRARY_ROOT } from './library-types.ts';
import { withoutStaleMarks } from './marks.ts';
import { Pass } from './pass.ts';
import { analyse, isReadable, type Program, pathsOf, type Source, type SourceFile, withoutHints } from './program.ts';
import { lostComments, newErrors } from './recheck.ts';
import { removeUnused } from './remove-unused.ts';
import { FOREIGN_APIS, rewriteForeign } from './sources/foreign.ts';
import { executorToPool } from './transforms/executor-to-pool.ts';
import { poolToExecutor } from './transforms/pool-to-executor.ts';

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

/** The last step: from the other facade. */
const TRANSFORMS: Readonly<Record<'pool' | 'executor', { readonly from: 'pool' | 'executor'; readonly run: Transform }>> = {
  executor: { from: 'pool', run: poolToExecutor },
  pool: { from: 'executor', run: executorToPool },
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
  const readable = sources.filter(({ path }) => isReadable(path));
  let current: readonly Source[] = readable;
  let leftovers: Leftover[] = [];
  const apis = FOREIGN_APIS.filter((api) => isWanted(api) && mentions(current, api));
  if (apis.length > 0) {
    const result = rewriteForeign(current, apis, to);
    current = result.sources;
    leftovers = result.kept.map(({ node, reason, detail }) => leftoverOf(node, reasonOf(reason, detail), readable));
  }
  const { from: own, run } = TRANSFORMS[to];
  const untouched = new Map(readable.map(({ path, text }) => [path, text]));
  // An API that was not selected: rewrite only the files that the first step changed. Files without twinpool connect them.
  const selected = isWanted(own) ? current : current.filter(({ path, text }) => untouched.get(path) !== text || !text.includes('twinpool'));
  const isOwnStep = (isWanted(own) || (to === 'pool' && apis.length > 0)) && mentions(selected, own);
  if (isOwnStep) {
    const result = rewrite(selected, run, to);
    const texts = new Map(result.sources.map(({ path, text }) => [path, text]));
    current = current.map(({ path, text }) => ({ path, text: texts.get(path) ?? text }));
    leftovers = [...leftovers, ...result.leftovers];
  }
  const due = new Set(leftovers.map(({ reason, doc }) => markText({ name: '', text: reason, doc })));
  // A run without all sources knows only some of the reasons.
  const isWhole = wanted === undefined;
  const reasons = new Set(REASONS.map(({ name }) => name).filter((name) => isWhole || (isWanted(own) && !FOREIGN_REASONS.includes(name))));
  const files = current
    .map(({ path, text }) => ({ path, before: untouched.get(path) ?? '', after: withoutStaleMarks(text, due, reasons) }))
    .filter(({ before, after }) => before !== after);
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
  const flaws = flawsOf(program, analysis, to === 'pool' ? 'executor' : 'pool');
  for (;;) {
    let pass: Pass;
    do {
      pass = new Pass(analysis, to);
      for (const { node, reason, detail } of flaws) {
        pass.keep(reason === 'check-failed' ? EVERYTHING : 'facade');
        pass.markUntranslated(node, reason, detail);
      }
      run(pass);
      pass.runDeferred();
    } while (pass.hasKeptMore);
    const leftovers = leftoversOf(pass, program);
    if (pass.rewriter.isEmpty) return { texts: new Map(), leftovers };
    for (const { ast } of program.files) pass.importEditorOf(ast).finish(baseOf(program));
    const areKept = analysis.kept.has('facade') || analysis.kept.has(EVERYTHING);
    const sources = program.files.map(({ path, ast }) => {
      const before = withoutHints(ast.text);
      const text = removeUnused(path, before, withoutHints(pass.print(ast)));
      const renamed = areKept || text === before ? (comment: string) => comment : typeRenamer(path, before, text, to);
      return { path, text: withComments(text, renamed), renamed };
    });
    const fault = analysis.kept.has(EVERYTHING) ? undefined : faultOf(program, sources);
    if (fault === undefined) return { texts: new Map(sources.map(({ path, text }) => [path, text])), leftovers };
    flaws.push(fault);
  }
}

interface Flaw {
  readonly node: ts.Node;
  readonly reason: string;
  readonly detail: string;
}

/** The places where a pool or an executor goes out of sight, so that the uses behind them are not known. */
function flawsOf(program: Program, analysis: Analysis, api: 'pool' | 'executor'): Flaw[] {
  const roots: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    const kind = ts.isNewExpression(node) ? analysis.kindOf(node) : undefined;
    if (kind?.api === api && kind.family === 'facade') roots.push(node as ts.NewExpression);
    ts.forEachChild(node, visit);
  };
  for (const file of analysis.files) visit(file);
  if (roots.length === 0) return [];
  return new ValueFlow(analysis, new ModuleLinks(program), roots)
    .groups()
    .flatMap(({ escapes, members }) => [
      ...escapes.filter(
        ({ node, reason }) =>
          reason !== 'other-value' && reason !== 'member-as-value' && !(reason === 'handed-on' && isTyped(analysis, node)),
      ),
      ...members.flatMap((access) =>
        analysis.kindOf(access.expression) === undefined ? [{ node: access, reason: 'untyped-use', detail: shortText(access) }] : [],
      ),
    ]);
}

/** Whether the place that receives a value has its type, so that the uses behind it are found by type. */
function isTyped(analysis: Analysis, node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isArrayLiteralExpression(parent) || ts.isElementAccessExpression(parent)) return true;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) {
    const declaration = analysis.checker.getResolvedSignature(parent)?.declaration;
    // A function of the library takes any value: the rewrite of the call needs the type of this one.
    if (declaration?.getSourceFile().fileName.startsWith(LIBRARY_ROOT) === true)
      return analysis.kindOf(node as ts.Expression) !== undefined;
  }
  const type = analysis.checker.getContextualType(node as ts.Expression);
  return type !== undefined && kindOf(type, analysis.checker) !== undefined;
}

/** The first new error or lost comment of a rewritten program. */
function faultOf(program: Program, sources: readonly (Source & { readonly renamed: (comment: string) => string })[]): Flaw | undefined {
  const after = analyse(sources);
  for (const [i, { path, ast }] of program.files.entries()) {
    const [error] = newErrors(program, after, path).filter((each) => each.isSyntax || MISSING.has(each.code));
    const [comment] = lostComments(ast, sources[i]?.text ?? '', sources[i]?.renamed);
    const detail = error?.text ?? (comment === undefined ? undefined : `the comment ${comment} would be lost`);
    if (detail !== undefined && ast.statements[0] !== undefined) return { node: ast.statements[0], reason: 'check-failed', detail };
  }
  return undefined;
}

/** Errors that tell that a name does not exist. The other types of errors depend on the types of the program. */
const MISSING: ReadonlySet<number> = new Set([2300, 2304, 2305, 2440, 2451, 2551]);

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

/** The module specifier by which the program imports twinpool, for files that do not import it yet. */
function baseOf({ files }: Program): string {
  for (const { ast } of files) {
    const module = /['"]((?:@?twinpool)(?:\/(?:pool|executor))?)['"]/.exec(ast.text)?.[1];
    if (module !== undefined) return module;
  }
  return 'twinpool';
}

function leftoversOf(pass: Pass, { files }: Program): Leftover[] {
  const sources = files.map(({ path, ast }) => ({ path, ast }));
  return pass.untranslated.map(({ node, reason }) => leftoverOf(node, reason, sources));
}

function leftoverOf(node: ts.Node, { text, doc }: Reason, sources: readonly { readonly path: string }[]): Leftover {
  const file = node.getSourceFile();
  const path = sources.find((source) => resolve(source.path) === file.fileName)?.path ?? file.fileName;
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { path, line: line + 1, column: character + 1, reason: text, doc };
}
