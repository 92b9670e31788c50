/**
 * Rewrites programs from other libraries to executors, unit by unit.
 *
 *   sources -> constructions -> value flow -> units -> problems and edits -> kept units -> texts -> checked again
 *                                                ^                                                     |
 *                                                +------ a new error keeps the units of its file <-----+
 *
 * Invariants: the code of a unit is rewritten as a whole or not at all; each use of a library is rewritten, or reported; a text that is
 * returned has no error that its source did not have, and all its comments. This file does not know the file system.
 */
import ts from 'typescript';
import { Analysis } from '../analysis.ts';
import { ModuleLinks } from '../flow/module-links.ts';
import { shortText, ValueFlow } from '../flow/value-flow.ts';
import { markText, reasonOf } from '../leftover-reasons.ts';
import { type Api, libraryOf } from '../library-kind.ts';
import { mark, statementToMark } from '../marks.ts';
import { analyse, type Program, type Source } from '../program.ts';
import { isRelevant, lostComments, newErrors } from '../recheck.ts';
import { FileEdits } from '../targets/file-edits.ts';
import { keptOf, type Problem, Unit } from '../units/unit.ts';
import { planErrorTests } from './error-tests.ts';
import { ForeignContext, libraryNames } from './foreign-context.ts';
import { planJestWorker } from './jest-worker.ts';
import { isBinder, planPiscina, planPiscinaNames } from './piscina.ts';
import { checkPending, planWorkerpool, planWorkerpoolNames } from './workerpool.ts';
import { planWorkerFile } from './workerpool-script.ts';

export type ForeignApi = 'piscina' | 'workerpool' | 'tinypool' | 'jest-worker';

export const FOREIGN_APIS: readonly ForeignApi[] = ['piscina', 'workerpool', 'tinypool', 'jest-worker'];

const FACADES: ReadonlySet<string> = new Set(['Piscina', 'Tinypool', 'Pool', 'WorkerPool', 'Worker', 'JestWorker', 'JestWorkerFarm']);

/** A place that was not translated, in the text that was read. */
export interface Kept {
  readonly node: ts.Node;
  readonly reason: string;
  readonly detail: string;
}

export interface ForeignResult {
  readonly sources: readonly Source[];
  readonly kept: readonly Kept[];
}

/** Runs the rewrite. Checks the result, and keeps more until it has no new error. */
export function rewriteForeign(sources: readonly Source[], apis: readonly ForeignApi[], to: 'pool' | 'executor'): ForeignResult {
  const program = analyse(sources, { hasHints: false });
  const analysis = new Analysis(program);
  const links = new ModuleLinks(program);
  const names = libraryNames(analysis);
  const failed: Problem[] = [];
  const untyped = new Set<string>();
  for (;;) {
    const ctx = new ForeignContext(analysis, links, new FileEdits(analysis, apis, untyped), to, names);
    ctx.units = unitsOf(ctx, apis);
    plan(ctx, apis, failed);
    const kept = keptOf(ctx.units);
    for (const unit of ctx.units) if (!kept.has(unit)) unit.apply();
    renameTypes(ctx, kept);
    const problems = distinct([...ctx.problems, ...[...kept].flatMap((unit) => problemsOf(unit, kept))]);
    markAll(ctx, problems);
    const texts = ctx.edits.texts();
    const result = program.files.map(({ path, ast }) => ({ path, text: texts.get(ast) ?? ast.text }));
    const applied = ctx.units.filter((unit) => !kept.has(unit));
    const found = applied.length === 0 ? [] : faultsOf(program, result, texts, applied, ctx);
    if (found.length === 0) return { sources: result, kept: problems };
    const retried = found.filter(({ file }) => /\.[cm]?tsx?$/.test(file.fileName) && !untyped.has(file.fileName));
    for (const { file } of retried) untyped.add(file.fileName);
    if (retried.length === 0) for (const { units, text } of found) for (const unit of units) failed.push(failureOf(unit, text));
  }
}

/** A problem that several units have is one place. */
function distinct(problems: readonly Problem[]): Problem[] {
  return problems.filter(
    ({ node, reason, detail }, i) =>
      problems.findIndex((each) => each.node === node && each.reason === reason && each.detail === detail) === i,
  );
}

function markAll(ctx: ForeignContext, problems: readonly Problem[]): void {
  const done = new Map<ts.Node, Set<string>>();
  for (const { node, reason, detail } of problems) {
    const text = markText(reasonOf(reason, detail));
    const statement = statementToMark(node);
    const texts = done.get(statement) ?? new Set();
    done.set(statement, texts);
    if (!texts.has(text)) mark(ctx.edits.rewriter, node, text);
    texts.add(text);
  }
}

/** Renames the types of pools in JSDoc comments, in files whose units are all rewritten. */
function renameTypes(ctx: ForeignContext, kept: ReadonlySet<Unit>): void {
  const keptFiles = new Set([...kept].flatMap((unit) => [...unit.files]));
  for (const unit of ctx.units) {
    if (kept.has(unit)) continue;
    const type = new RegExp(`\\bimport\\((['"])${unit.api}\\1\\)(\\.(${[...FACADES, 'default'].join('|')})\\b)?(?![.\\w])`, 'g');
    for (const file of unit.files)
      if (!keptFiles.has(file)) ctx.edits.renameInComments(file, type, `import('${ctx.edits.moduleOf(unit.executor)}').${unit.executor}`);
    for (const { node, executor } of unit.constructions) {
      const file = node.getSourceFile();
      if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && !keptFiles.has(file))
        ctx.edits.renameInComments(file, new RegExp(`(?<![.\\w])${node.expression.text}\\b`, 'g'), executor);
    }
  }
}

interface Fault {
  readonly file: ts.SourceFile;
  readonly text: string;
  readonly units: readonly Unit[];
}

/** The new errors and lost comments, with the units that may be the cause. */
function faultsOf(
  program: Program,
  result: readonly Source[],
  texts: ReadonlyMap<ts.SourceFile, string>,
  applied: readonly Unit[],
  ctx: ForeignContext,
): Fault[] {
  const faults: Fault[] = [];
  const add = (file: ts.SourceFile, text: string) => {
    const own = applied.filter((unit) => unit.files.has(file));
    const near = applied.filter((unit) => [...ctx.links.importedBy(file)].some((each) => unit.files.has(each)));
    const units = own.length > 0 ? own : near.length > 0 ? near : applied;
    if (!faults.some((fault) => fault.file === file)) faults.push({ file, text, units });
  };
  for (const [file, text] of texts) {
    const [lost] = lostComments(file, text, (comment) => ctx.edits.renamed(file, comment));
    if (lost !== undefined) add(file, `the comment ${lost} would be lost`);
  }
  const after = analyse(result, { hasHints: false });
  for (const { path, ast } of program.files) {
    const [error] = newErrors(program, after, path).filter((each) => isRelevant(each, ast.fileName));
    if (error !== undefined) add(ast, error.text);
  }
  return faults;
}

function failureOf(unit: Unit, text: string): Problem {
  return { node: unit.group.roots[0] as ts.Node, reason: 'check-failed', detail: text };
}

/** The problems of a kept unit; for a unit that is kept only because of another one, the place of that one. */
function problemsOf(unit: Unit, kept: ReadonlySet<Unit>): readonly Problem[] {
  if (unit.problems.length > 0) return unit.problems;
  const cause = [...kept].find((other) => other.problems.length > 0 && [...other.workerFiles].some((file) => unit.workerFiles.has(file)));
  const place = cause?.problems[0]?.node;
  return [{ node: unit.group.roots[0] as ts.Node, reason: 'same-script', detail: place === undefined ? '' : placeText(place) }];
}

function placeText(node: ts.Node): string {
  const file = node.getSourceFile();
  const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return `${file.fileName.slice(file.fileName.lastIndexOf('/') + 1)}:${line + 1}`;
}

/** The units: one for each group of pools whose values meet. */
function unitsOf(ctx: ForeignContext, apis: readonly ForeignApi[]): Unit[] {
  const roots = ctx.analysis.files.flatMap((file) => rootsIn(ctx, file, apis));
  const apiOf = new Map(roots.map(({ node, api }) => [node as ts.Expression, api]));
  const flow = new ValueFlow(ctx.analysis, ctx.links, [...apiOf.keys()]);
  return flow.groups().map((group) => {
    const own = new Set(group.roots.map((root) => apiOf.get(root) as ForeignApi));
    const unit = new Unit([...own][0] as Api, group);
    for (const { node, reason, detail } of group.escapes) unit.problem(node, reason, detail);
    if (own.size > 1) for (const root of group.roots) unit.problem(root, 'other-value', [...own].join(', '));
    return unit;
  });
}

function rootsIn(
  ctx: ForeignContext,
  file: ts.SourceFile,
  apis: readonly ForeignApi[],
): { readonly node: ts.Expression; readonly api: ForeignApi }[] {
  const found: { node: ts.Expression; api: ForeignApi }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isNewExpression(node)) {
      const kind = ctx.analysis.kindOf(node);
      const api = apis.find((each) => each === kind?.api && each !== 'workerpool');
      if (api !== undefined && kind?.family === 'facade') found.push({ node, api });
    } else if (ts.isCallExpression(node) && apis.includes('workerpool') && ctx.nameOf(node.expression, 'workerpool')?.name === 'pool')
      found.push({ node, api: 'workerpool' });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function plan(ctx: ForeignContext, apis: readonly ForeignApi[], failed: readonly Problem[]): void {
  for (const unit of ctx.units) {
    for (const { node, reason, detail } of failed) if (unit.group.roots.includes(node as ts.Expression)) unit.problem(node, reason, detail);
    if (unit.api === 'workerpool') planWorkerpool(ctx, unit);
    else if (unit.api === 'jest-worker') planJestWorker(ctx, unit);
    else planPiscina(ctx, unit, unit.api as 'piscina' | 'tinypool');
    findWorkerFiles(ctx, unit);
  }
  checkPending(
    ctx,
    ctx.units.filter(({ api }) => api === 'workerpool'),
  );
  for (const file of ctx.analysis.files) {
    for (const api of apis) {
      const units = ctx.units.filter((unit) => unit.api === api && (unit.workerFiles.has(file) || unit.files.has(file)));
      const ofWorker = units.filter((unit) => unit.workerFiles.has(file));
      const responsible = ofWorker.length > 0 ? ofWorker : units;
      if (api === 'piscina' || api === 'tinypool') planPiscinaNames(ctx, file, responsible, api);
      if (api === 'workerpool') {
        planWorkerFile(ctx, file, responsible);
        planWorkerpoolNames(ctx, file, responsible);
      }
      planTypes(ctx, file, api);
      checkSubclasses(ctx, file, api);
      checkLoads(ctx, file, api, units);
      checkReceivers(ctx, file, api);
      checkClaims(ctx, file, api, units);
    }
  }
  for (const unit of ctx.units) planErrorTests(ctx, unit);
  if (ctx.to === 'pool') for (const unit of ctx.units) checkNesting(ctx, unit);
}

/** The files of the workers: those that a script imports and that use the library. */
function findWorkerFiles(ctx: ForeignContext, unit: Unit): void {
  for (const script of unit.scripts) {
    if (!script.isOwn) {
      if (new RegExp(`['"]${unit.api}['"]`).test(script.file.text)) unit.problem(script.expression, 'script-outside', script.path);
      continue;
    }
    for (const file of ctx.links.importedBy(script.file)) {
      if (ctx.namesIn(file, unit.api).length > 0) unit.workerFiles.add(file);
      checkNodeWorkers(ctx, unit, file);
    }
  }
}

/** `workerData` and `parentPort` of Node belong to the library in its workers. */
function checkNodeWorkers(ctx: ForeignContext, unit: Unit, file: ts.SourceFile): void {
  if (!/['"](node:)?worker_threads['"]/.test(file.text)) return;
  for (const name of ['workerData', 'parentPort']) {
    const uses = ctx.analysis.identifiersIn(file, name);
    const [first] = uses.filter((each) => !ts.isPropertyAssignment(each.parent));
    const isOwn = ctx.namesIn(file, unit.api).some(([identifier]) => identifier.text === name);
    if (first !== undefined && !isOwn) unit.problem(first, 'node-workers', name);
  }
}

/** A pool in a module that its workers import starts workers in the workers. */
function checkNesting(ctx: ForeignContext, unit: Unit): void {
  for (const { node } of unit.constructions) {
    const file = node.getSourceFile();
    if (ts.findAncestor(node, ts.isFunctionLike) !== undefined) continue;
    for (const { file: script, isOwn } of unit.scripts)
      if (isOwn && script !== file && ctx.links.importedBy(script).has(file))
        unit.problem(node, 'nested-pool', script.fileName.slice(script.fileName.lastIndexOf('/') + 1));
  }
}

/** Plans the type annotations of the places that hold a pool. */
function planTypes(ctx: ForeignContext, file: ts.SourceFile, api: ForeignApi): void {
  for (const [identifier, { name }] of ctx.namesIn(file, api)) {
    if (isBinder(identifier) || ctx.isClaimed(identifier) || !(FACADES.has(name) || name === 'pool')) continue;
    const unit = ctx.units.find(({ group }) =>
      [...group.types].some((type) => ts.findAncestor(identifier, (each) => each === type) !== undefined),
    );
    const type = typeAround(identifier);
    if (unit === undefined || type === undefined) continue;
    ctx.claim(type);
    unit.edit(() => {
      const executor = ctx.edits.need(type, unit.executor);
      ctx.edits.replace(type, () => executor);
    });
  }
}

/** The type that names a pool: `Piscina`, `InstanceType<typeof Piscina>`, `ReturnType<typeof pool>`. */
function typeAround(identifier: ts.Identifier): ts.TypeNode | undefined {
  const query = ts.findAncestor(identifier, ts.isTypeQueryNode);
  const reference = ts.findAncestor(query ?? identifier, ts.isTypeReferenceNode);
  if (reference === undefined) return ts.findAncestor(identifier, ts.isImportTypeNode);
  const name = ts.isQualifiedName(reference.typeName) ? reference.typeName.right : reference.typeName;
  if (query !== undefined) return name.text === 'InstanceType' || name.text === 'ReturnType' ? reference : undefined;
  return name === identifier ? reference : undefined;
}

function checkSubclasses(ctx: ForeignContext, file: ts.SourceFile, api: ForeignApi): void {
  const visit = (node: ts.Node): void => {
    if (ts.isClassLike(node)) {
      const base = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      const kind = base === undefined ? undefined : ctx.analysis.kindOf(base);
      if (base !== undefined && kind?.api === api) {
        ctx.claim(base);
        ctx.problem(node, 'subclass', node.name?.text ?? base.expression.getText());
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/** Reports modules that are loaded in a way that is not followed: mocks, subpaths, `require` in an expression. */
function checkLoads(ctx: ForeignContext, file: ts.SourceFile, api: ForeignApi, units: readonly Unit[]): void {
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) && (node.text === api || node.text.startsWith(`${api}/`)) && !isLoad(ctx, node, api)) {
      const isMock = ts.isCallExpression(node.parent) && /mock|doMock|proxyquire|rewiremock|stub/i.test(node.parent.expression.getText());
      const isCall =
        ts.isCallExpression(node.parent) ||
        ts.isImportDeclaration(node.parent) ||
        ts.isExportDeclaration(node.parent) ||
        ts.isExternalModuleReference(node.parent);
      if (
        isCall &&
        (isMock ||
          ts.isImportDeclaration(node.parent) ||
          ts.isExportDeclaration(node.parent) ||
          /^(require|import)\b/.test(node.parent.getText()))
      ) {
        const affected = isMock ? ctx.units.filter((unit) => unit.api === api) : units;
        ctx.problem(node, 'library-loaded', node.text);
        for (const unit of affected) unit.problem(node, 'library-loaded', node.text);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/** Whether a module name loads the library in a way that gives names. */
function isLoad(ctx: ForeignContext, literal: ts.StringLiteralLike, api: ForeignApi): boolean {
  if (literal.text !== api) return false;
  const { parent } = literal;
  if (ts.isImportDeclaration(parent) || ts.isExternalModuleReference(parent)) return true;
  if (!ts.isCallExpression(parent)) return false;
  const isImport = parent.expression.kind === ts.SyntaxKind.ImportKeyword;
  if (!isImport && parent.expression.getText() !== 'require') return false;
  const value = isImport && ts.isAwaitExpression(parent.parent) ? parent.parent : parent;
  const type = ctx.checker.getTypeAtLocation(value);
  const symbol = type.symbol ?? type.aliasSymbol;
  if (symbol === undefined || libraryOf(symbol) === undefined) return false;
  let top: ts.Node = value;
  while (ts.isParenthesizedExpression(top.parent)) top = top.parent;
  const around = top.parent;
  return (
    ts.isVariableDeclaration(around) ||
    (ts.isPropertyAccessExpression(around) && around.expression === top) ||
    ts.isExpressionStatement(around)
  );
}

/** Reports pools that come from a place that is not followed. */
function checkReceivers(ctx: ForeignContext, file: ts.SourceFile, api: ForeignApi): void {
  const known = new Set(ctx.units.flatMap(({ group }) => [...group.values]));
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAccessExpression(node) &&
      !known.has(node.expression) &&
      node.expression.kind !== ts.SyntaxKind.SuperKeyword &&
      node.expression.kind !== ts.SyntaxKind.ThisKeyword
    ) {
      const kind = ctx.analysis.kindOf(node.expression);
      if (kind?.api === api && kind.family === 'facade' && !isKnownThroughWrapper(node.expression, known)) {
        ctx.problem(node, 'unknown-pool', shortText(node.expression));
        // It may be any pool of the library.
        for (const unit of ctx.units) if (unit.api === api) unit.problem(node, 'unknown-pool', shortText(node.expression));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

function isKnownThroughWrapper(node: ts.Expression, known: ReadonlySet<ts.Expression>): boolean {
  let inner: ts.Expression = node;
  while (ts.isParenthesizedExpression(inner) || ts.isNonNullExpression(inner) || ts.isAsExpression(inner)) inner = inner.expression;
  return known.has(inner);
}

/** Reports the uses of library names that no rewrite accounts for. */
function checkClaims(ctx: ForeignContext, file: ts.SourceFile, api: ForeignApi, units: readonly Unit[]): void {
  for (const [identifier, { name }] of ctx.namesIn(file, api)) {
    if (isBinder(identifier) || ctx.isClaimed(identifier) || isBeforeName(ctx, identifier, api)) continue;
    // Members of values: `pool.run` is followed as a member.
    if (
      ts.isPropertyAccessExpression(identifier.parent) &&
      identifier.parent.name === identifier &&
      ctx.analysis.kindOf(identifier.parent.expression) !== undefined &&
      !isNamespace(ctx, identifier.parent.expression, api)
    )
      continue;
    ctx.problem(identifier, 'library-value', name);
    for (const unit of units) unit.problem(identifier, 'library-value', name);
  }
}

function isNamespace(ctx: ForeignContext, node: ts.Expression, api: ForeignApi): boolean {
  return ctx.nameOf(node, api) !== undefined;
}

/** Whether the identifier is the namespace before a name of the library, which is claimed or reported itself. */
function isBeforeName(ctx: ForeignContext, identifier: ts.Identifier, api: ForeignApi): boolean {
  const top: ts.Node =
    ts.isPropertyAccessExpression(identifier.parent) && identifier.parent.name === identifier ? identifier.parent : identifier;
  const { parent } = top;
  const next = ts.isPropertyAccessExpression(parent) && parent.expression === top ? parent.name : undefined;
  if (next !== undefined && ts.isIdentifier(next)) return ctx.isClaimed(next) || ctx.nameOf(next, api) !== undefined;
  return ts.isQualifiedName(parent) && parent.left === top && (ctx.isClaimed(parent.right) || ctx.nameOf(parent.right, api) !== undefined);
}
