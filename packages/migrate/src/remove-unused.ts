/**
 * Removes imports, helper functions and variables that hold paths, if a rewrite left them unused.
 *
 * Invariant: it removes only names that the text used before the rewrite and does not use after it. It does not know what was rewritten.
 */
import ts from 'typescript';
import { Rewriter } from './rewriter.ts';

/** What else decides whether a name goes. */
export interface Names {
  /** They count as used. */
  readonly kept: ReadonlySet<string>;
  /** They will come from another module than the `old` ones. */
  readonly moved: ReadonlySet<string>;
  readonly old: readonly string[];
}

const NO_NAMES: Names = { kept: new Set(), moved: new Set(), old: [] };

/** Returns `after` without the names that are no longer used. */
export function removeUnused(path: string, before: string, after: string, names: Names = NO_NAMES): string {
  const used = usesIn(parse(path, before));
  let text = after;
  // A variable that goes may be the last use of an import.
  for (let next = removeOnce(path, used, text, names); next !== text; next = removeOnce(path, used, text, names)) text = next;
  return text;
}

function removeOnce(path: string, used: ReadonlyMap<string, number>, after: string, { kept, moved, old }: Names): string {
  const file = parse(path, after);
  const now = usesIn(file);
  const rewriter = new Rewriter();
  const isGone = (name: string) => (used.get(name) ?? 0) > 0 && (now.get(name) ?? 0) === 0 && !kept.has(name);
  const isOld = (text: string) => old.some((module) => text.includes(`'${module}'`) || text.includes(`"${module}"`));
  /** For the names that a statement takes from a module. */
  const isGoneFrom = (from: string) => (isOld(from) ? (name: string) => isGone(name) || moved.has(name) : isGone);
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) removeUnusedFromImport(rewriter, statement, isGoneFrom(statement.moduleSpecifier.getText()));
    else if (
      ts.isImportEqualsDeclaration(statement) &&
      ts.isExternalModuleReference(statement.moduleReference) &&
      isGone(statement.name.text)
    )
      rewriter.remove(statement);
    else if (
      ts.isFunctionDeclaration(statement) &&
      statement.asteriskToken !== undefined &&
      statement.name?.text === 'zipped' &&
      isGone('zipped')
    )
      rewriter.remove(statement);
  }
  const visit = (node: ts.Node): void => {
    if (ts.isVariableStatement(node)) {
      removeUnusedFromRequire(rewriter, node, isGoneFrom(node.getText()));
      removeUnusedPath(rewriter, node, isGone);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return rewriter.isEmpty
    ? after
    : rewriter
        .print(file)
        .replace(/^(\r?\n)+/, '')
        .replace(/(\r?\n){2,}$/, '$1');
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
}

/** Counts the uses of each name. The declarations of imports do not count. */
function usesIn(file: ts.SourceFile): Map<string, number> {
  const uses = new Map<string, number>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isUse(node)) uses.set(node.text, (uses.get(node.text) ?? 0) + 1);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return uses;
}

function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isImportSpecifier(parent) || ts.isImportClause(parent) || ts.isNamespaceImport(parent) || ts.isImportEqualsDeclaration(parent))
    return false;
  if (ts.isFunctionDeclaration(parent) && parent.name === node) return false;
  if (
    (ts.isVariableDeclaration(parent) || ts.isBindingElement(parent)) &&
    (parent.name === node || (ts.isBindingElement(parent) && parent.propertyName === node))
  )
    return false;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  return !((ts.isPropertyAssignment(parent) || ts.isMethodDeclaration(parent) || ts.isPropertyDeclaration(parent)) && parent.name === node);
}

function removeUnusedFromImport(rewriter: Rewriter, statement: ts.ImportDeclaration, isGone: (name: string) => boolean): void {
  const { importClause } = statement;
  if (importClause === undefined) return;
  const { name, namedBindings } = importClause;
  const isNameGone = name !== undefined && isGone(name.text);
  const elements = namedBindings !== undefined && ts.isNamedImports(namedBindings) ? namedBindings.elements : [];
  const left = elements.filter((element) => !isGone(element.name.text));
  const isNamespaceGone = namedBindings !== undefined && ts.isNamespaceImport(namedBindings) && isGone(namedBindings.name.text);
  if (!isNameGone && !isNamespaceGone && left.length === elements.length) return;
  const hasBindings = namedBindings !== undefined && !isNamespaceGone && (ts.isNamespaceImport(namedBindings) || left.length > 0);
  const hasName = name !== undefined && !isNameGone;
  if (!hasName && !hasBindings) {
    rewriter.remove(statement);
    return;
  }
  const bindings = hasBindings
    ? ts.isNamedImports(namedBindings as ts.NamedImportBindings)
      ? `{ ${left.map((element) => element.getText()).join(', ')} }`
      : (namedBindings as ts.Node).getText()
    : '';
  const type = importClause.phaseModifier === ts.SyntaxKind.TypeKeyword ? 'type ' : '';
  rewriter.replace(
    importClause,
    () => type + [hasName ? (name as ts.Node).getText() : '', bindings].filter((each) => each !== '').join(', '),
  );
}

/** Handles `const Piscina = require('piscina')`, also with a property access, `const { pool } = require('workerpool')`, and `await import(…)`. */
function removeUnusedFromRequire(rewriter: Rewriter, statement: ts.VariableStatement, isGone: (name: string) => boolean): void {
  const [declaration] = statement.declarationList.declarations;
  if (declaration?.initializer === undefined || statement.declarationList.declarations.length > 1) return;
  if (!/^(require|await import|\(await import)\(['"][^'"]+['"]\)\)?(\.\w+)?$/.test(declaration.initializer.getText())) return;
  if (ts.isIdentifier(declaration.name)) {
    if (isGone(declaration.name.text)) rewriter.remove(statement);
    return;
  }
  const { elements } = declaration.name;
  const left = elements.filter((element) => !ts.isBindingElement(element) || !isGone(element.name.getText()));
  if (left.length === elements.length) return;
  if (left.length === 0) rewriter.remove(statement);
  else rewriter.replace(declaration.name, () => `{ ${left.map((element) => element.getText()).join(', ')} }`);
}

/** Handles `const filename = resolve(__dirname, 'worker.js')`. */
function removeUnusedPath(rewriter: Rewriter, statement: ts.VariableStatement, isGone: (name: string) => boolean): void {
  const [declaration, ...others] = statement.declarationList.declarations;
  if (declaration?.initializer === undefined || others.length > 0 || statement.modifiers !== undefined) return;
  if (ts.isIdentifier(declaration.name) && isGone(declaration.name.text) && isPath(declaration.initializer)) rewriter.remove(statement);
}

const PATH_FUNCTIONS: ReadonlySet<string> = new Set([
  'join',
  'resolve',
  'dirname',
  'normalize',
  'fileURLToPath',
  'pathToFileURL',
  'toString',
  'cwd',
]);

/** Whether an expression only puts a path together, so that nothing else happens when it runs. */
function isPath(node: ts.Node): boolean {
  if (ts.isStringLiteralLike(node) || ts.isMetaProperty(node) || ts.isIdentifier(node)) return true;
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isNonNullExpression(node)) return isPath(node.expression);
  if (ts.isTemplateExpression(node)) return node.templateSpans.every(({ expression }) => isPath(expression));
  if (ts.isBinaryExpression(node)) return node.operatorToken.kind === ts.SyntaxKind.PlusToken && isPath(node.left) && isPath(node.right);
  if (ts.isPropertyAccessExpression(node)) return isPath(node.expression);
  if (ts.isNewExpression(node)) return node.expression.getText() === 'URL' && (node.arguments ?? []).every(isPath);
  if (!ts.isCallExpression(node)) return false;
  const { expression: callee } = node;
  const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : ts.isIdentifier(callee) ? callee.text : '';
  return PATH_FUNCTIONS.has(name) && isPath(callee) && node.arguments.every(isPath);
}
