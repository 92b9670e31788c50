/**
 * Reads and prints the syntax of imports, `require` calls and their lists of names.
 *
 * Pure functions of nodes and texts. This file does not know what a name is rewritten to.
 */
import ts from 'typescript';
import { moduleFor } from './entry-points.ts';
import { lineEnd, quoteOf, terminator } from './rewriter.ts';

/** One name in the list of an import. */
export interface Entry {
  readonly imported: string;
  readonly local: string;
  readonly isType: boolean;
}

export type Specifier = ts.ImportSpecifier | ts.BindingElement;

/** The names of `import { … }` and of `const { … } = require(…)`. */
export function specifiersOf(list: ts.NamedImports | ts.ObjectBindingPattern): Specifier[] {
  return [...list.elements] as Specifier[];
}

export function importedNameOf(specifier: ts.ImportSpecifier | ts.BindingElement | ts.ExportSpecifier): string {
  const { propertyName, name } = specifier;
  return ((propertyName ?? name) as ts.Identifier).text;
}

export function localNameOf(binder: ts.Node): string {
  return ((binder as Specifier).name as ts.Identifier).text;
}

export function isAliased(binder: ts.Node): boolean {
  return (ts.isImportSpecifier(binder) || ts.isBindingElement(binder)) && binder.propertyName !== undefined;
}

export function entryText({ imported, local, isType }: Entry, as: string): string {
  return (isType ? 'type ' : '') + (imported === local ? imported : imported + as + local);
}

/** Merges entries with equal local names and sorts them. A merged entry is a value if one of its parts is. */
export function merged(entries: readonly Entry[]): Entry[] {
  const byLocal = new Map<string, Entry>();
  for (const entry of entries) {
    const existing = byLocal.get(entry.local);
    byLocal.set(entry.local, existing === undefined ? entry : { ...existing, isType: existing.isType && entry.isType });
  }
  return sorted([...byLocal.values()]);
}

export function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => a.imported.toLowerCase().localeCompare(b.imported.toLowerCase()));
}

/** Whether the entry points of both facades export the name. */
export function isShared(name: string, base: string): boolean {
  return moduleFor(name, base, 'pool') !== moduleFor(name, base, 'executor');
}

export function moduleOf(node: ts.ImportDeclaration | ts.ImportEqualsDeclaration | ts.VariableDeclaration | ts.Node): string | undefined {
  return literalOf(node)?.text;
}

export function literalOf(node: ts.Node): ts.StringLiteral | undefined {
  if (ts.isImportDeclaration(node)) return ts.isStringLiteral(node.moduleSpecifier) ? node.moduleSpecifier : undefined;
  if (ts.isNamespaceImport(node)) return literalOf(node.parent.parent);
  if (ts.isImportEqualsDeclaration(node)) {
    const { moduleReference } = node;
    return ts.isExternalModuleReference(moduleReference) && ts.isStringLiteral(moduleReference.expression)
      ? moduleReference.expression
      : undefined;
  }
  if (!ts.isVariableDeclaration(node) || node.initializer === undefined) return undefined;
  const call = ts.isAwaitExpression(node.initializer) ? node.initializer.expression : node.initializer;
  if (!ts.isCallExpression(call)) return undefined;
  const isImport =
    call.expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(call.expression) && call.expression.text === 'require');
  const [argument] = call.arguments;
  return isImport && argument !== undefined && ts.isStringLiteral(argument) ? argument : undefined;
}

export function statementOf(node: ts.Node): ts.Node {
  return ts.findAncestor(node, ts.isStatement) ?? node;
}

export function namespaceOf(identifier: ts.Identifier): ts.Identifier | undefined {
  const { parent } = identifier;
  const left = ts.isPropertyAccessExpression(parent) ? parent.expression : ts.isQualifiedName(parent) ? parent.left : undefined;
  return left !== undefined && ts.isIdentifier(left) ? left : undefined;
}

export function isTopLevel(symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0];
  if (declaration === undefined) return false;
  const statement = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return (
    (statement.parent !== undefined && (ts.isSourceFile(statement.parent) || ts.isModuleBlock(statement.parent))) ||
    ts.isExportAssignment(statement)
  );
}

/** Whether the identifier is the name of a declaration. */
export function isDeclarationName({ parent }: ts.Identifier): boolean {
  return (
    ts.isParameter(parent) ||
    ts.isFunctionDeclaration(parent) ||
    ts.isFunctionExpression(parent) ||
    ts.isClassDeclaration(parent) ||
    ts.isVariableDeclaration(parent) ||
    ts.isBindingElement(parent)
  );
}

/** Whether the file is a CommonJS module. */
export function isCommonJs(file: ts.SourceFile): boolean {
  return (
    /\.(c?js)$/.test(file.fileName) &&
    !file.statements.some(
      (each) =>
        ts.isImportDeclaration(each) ||
        ts.isExportDeclaration(each) ||
        (ts.canHaveModifiers(each) && ts.getModifiers(each)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)),
    )
  );
}

/** The text of a new import or `require` statement. */
export function declarationText(file: ts.SourceFile, module: string, entries: readonly Entry[], isTypeOnly: boolean): string {
  const end = terminator(file);
  if (isCommonJs(file))
    return `const { ${sorted(entries)
      .map((entry) => entryText(entry, ': '))
      .join(', ')} } = require(${quoteOf(file) + module + quoteOf(file)})${end}`;
  const all = isTypeOnly || entries.every(({ isType }) => isType);
  const names = sorted(entries).map((entry) => entryText(all ? { ...entry, isType: false } : entry, ' as '));
  return `import ${all ? 'type ' : ''}{ ${names.join(', ')} } from ${quoteOf(file) + module + quoteOf(file)}${end}`;
}

/** The text of a list, in one or several lines as in the source. */
export function listText(file: ts.SourceFile, list: ts.NamedImports | ts.ObjectBindingPattern, entries: readonly Entry[]): string {
  const texts = entries.map((entry) => entryText(entry, ts.isNamedImports(list) ? ' as ' : ': '));
  const text = list.getText(file);
  const lines = text.split(/\r?\n/);
  if (lines.length === 1) return /^\{\s/.test(text) ? `{ ${texts.join(', ')} }` : `{${texts.join(', ')}}`;
  const indent = /^\s*/.exec(lines[1] ?? '')?.[0] ?? '  ';
  const comma = /,\s*\}$/.test(text) ? ',' : '';
  const end = lineEnd(file);
  const closing = /[ \t]*\}$/.exec(text)?.[0] ?? '}';
  return `{${end}${texts.map((each) => indent + each).join(`,${end}`)}${comma}${end}${closing}`;
}
