/**
 * Adds imports and task references to the head of a rewritten file, and removes imports that are no longer used.
 *
 *   rewritten text -> unused names of the old library removed -> twinpool imported -> references declared after all names they use
 *
 * The new import stands where the import of the old library stood, if that is gone; otherwise after the last import. This file works on text:
 * it does not know what was rewritten.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { isTypeName } from '../entry-points.ts';
import { type Entry, literalOf, specifiersOf } from '../import-syntax.ts';
import { removeUnused } from '../remove-unused.ts';
import { lineEnd, quoteOf, terminator } from '../rewriter.ts';

export interface Declaration {
  readonly text: string;
  /** The top-level names that the text uses. */
  readonly uses: readonly string[];
}

export interface Header {
  /** The names to import, by module. */
  readonly imports: ReadonlyMap<string, readonly Entry[]>;
  readonly declarations: readonly Declaration[];
  /** The modules whose unused imports may go. */
  readonly old: readonly string[];
}

/** Returns the text with the header. `before` is the text that the rewrite read. */
export function withHeader(path: string, before: string, rewritten: string, { imports, declarations, old }: Header): string {
  const style = moduleStyle(parse(path, before));
  const cleaned = removeUnused(path, before, rewritten, {
    kept: new Set(declarations.flatMap(({ uses }) => uses)),
    moved: new Set([...imports.values()].flatMap((entries) => entries.map(({ local }) => local))),
    old,
  });
  let text = cleaned;
  for (const [module, entries] of imports)
    text = withImport(path, text, { module, entries, old, style, hole: holeOf(path, rewritten, cleaned, old) });
  for (const declaration of declarations) text = withDeclaration(path, text, declaration, imports);
  return text;
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
}

/** Whether a file is a CommonJS module or an ES module. */
export function moduleStyle(file: ts.SourceFile): 'commonjs' | 'esm' {
  if (/\.c[jt]s$/.test(file.fileName)) return file.fileName.endsWith('.cjs') || usesRequire(file) ? 'commonjs' : 'esm';
  if (/\.m[jt]s$/.test(file.fileName)) return 'esm';
  const isEs = file.statements.some(
    (each) =>
      ts.isImportDeclaration(each) ||
      ts.isExportDeclaration(each) ||
      ts.isExportAssignment(each) ||
      (ts.canHaveModifiers(each) && ts.getModifiers(each)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)),
  );
  if (isEs || /\bimport\.meta\b/.test(file.text)) return 'esm';
  if (usesRequire(file) || /\b(module\.)?exports\b|\b__dirname\b|\b__filename\b/.test(file.text)) return 'commonjs';
  if (/\.tsx?$/.test(file.fileName)) return 'esm';
  return manifestTypeOf(file.fileName) === 'module' ? 'esm' : 'commonjs';
}

/** Whether a file may use `import.meta`: TypeScript refuses it in a file that it compiles to CommonJS. */
export function hasImportMeta(file: ts.SourceFile): boolean {
  if (/\.c[jt]sx?$/.test(file.fileName)) return false;
  if (/\.m[jt]s$/.test(file.fileName) || /\bimport\.meta\b/.test(file.text)) return true;
  if (/\b__dirname\b|\b__filename\b/.test(file.text) || moduleStyle(file) === 'commonjs') return false;
  if (!/\.tsx?$/.test(file.fileName)) return true;
  const module = compilerModuleOf(file.fileName);
  if (module === undefined) return true;
  return module.startsWith('node')
    ? manifestTypeOf(file.fileName) === 'module'
    : !['commonjs', 'es6', 'es2015', 'amd', 'umd'].includes(module);
}

/** The option `module` of the `tsconfig.json` above a file, in small letters; `undefined` if it is not known. */
function compilerModuleOf(path: string): string | undefined {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const config = join(folder, 'tsconfig.json');
    if (existsSync(config)) return moduleIn(config, 0);
    if (dirname(folder) === folder) return undefined;
  }
}

function moduleIn(path: string, depth: number): string | undefined {
  const { config } = ts.readConfigFile(path, ts.sys.readFile) as {
    config?: { compilerOptions?: { module?: unknown }; extends?: unknown };
  };
  const module = config?.compilerOptions?.module;
  if (typeof module === 'string') return module.toLowerCase();
  const base = config?.extends;
  if (base === undefined) return 'commonjs';
  if (typeof base !== 'string' || !base.startsWith('.') || depth > 5) return undefined;
  const file = join(dirname(path), base);
  return existsSync(file) ? moduleIn(file, depth + 1) : existsSync(`${file}.json`) ? moduleIn(`${file}.json`, depth + 1) : undefined;
}

/** The field `type` of the `package.json` above a file. */
function manifestTypeOf(path: string): 'module' | 'commonjs' {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest)) return /"type"\s*:\s*"module"/.test(readFileSync(manifest, 'utf8')) ? 'module' : 'commonjs';
    if (dirname(folder) === folder) return 'commonjs';
  }
}

function usesRequire(file: ts.SourceFile): boolean {
  return /\brequire\(/.test(file.text) && !file.statements.some(ts.isImportDeclaration);
}

/** The name of the old module's statement that `removeUnused` removed, as its position in the text. */
function holeOf(path: string, rewritten: string, cleaned: string, old: readonly string[]): number | undefined {
  if (rewritten === cleaned) return undefined;
  const statement = parse(path, rewritten).statements.find((each) => old.includes(moduleOfStatement(each) ?? ''));
  if (statement === undefined) return undefined;
  const start = statement.getStart();
  return cleaned.startsWith(rewritten.slice(0, start)) || cleaned.startsWith(rewritten.slice(0, start).replace(/\r?\n[ \t]*$/, ''))
    ? start
    : undefined;
}

function moduleOfStatement(statement: ts.Statement): string | undefined {
  if (ts.isImportDeclaration(statement) || ts.isImportEqualsDeclaration(statement)) return literalOf(statement)?.text;
  if (!ts.isVariableStatement(statement)) return undefined;
  const [declaration] = statement.declarationList.declarations;
  if (declaration === undefined) return undefined;
  const { initializer } = declaration;
  const inner = initializer !== undefined && ts.isPropertyAccessExpression(initializer) ? initializer.expression : initializer;
  if (inner === undefined) return undefined;
  const call = ts.isAwaitExpression(inner) ? inner.expression : inner;
  if (!ts.isCallExpression(call)) return undefined;
  const [argument] = call.arguments;
  const isImport = call.expression.kind === ts.SyntaxKind.ImportKeyword || call.expression.getText() === 'require';
  return isImport && argument !== undefined && ts.isStringLiteralLike(argument) ? argument.text : undefined;
}

interface Wanted {
  readonly module: string;
  readonly entries: readonly Entry[];
  readonly old: readonly string[];
  readonly style: 'commonjs' | 'esm';
  readonly hole: number | undefined;
}

function withImport(path: string, text: string, { module, entries, style, hole }: Wanted): string {
  const file = parse(path, text);
  for (const statement of file.statements) {
    if (moduleOfStatement(statement) !== module) continue;
    const list = listOf(statement);
    if (list === undefined) continue;
    const has = new Set(specifiersOf(list).map(({ name }) => name.getText()));
    const missing = entries.filter(({ local }) => !has.has(local));
    if (missing.length === 0) return text;
    const as = ts.isNamedImports(list) ? ' as ' : ': ';
    const last = list.elements.at(-1);
    const names = missing.map((entry) => nameText(entry, as)).join(', ');
    if (last === undefined) return `${text.slice(0, list.pos)} { ${names} }${text.slice(list.end)}`;
    return `${text.slice(0, last.end)}, ${names}${text.slice(last.end)}`;
  }
  const end = lineEnd(file);
  const line = importText(file, module, entries, style);
  if (hole !== undefined) {
    const at = lineStart(text, hole);
    return `${text.slice(0, at)}${line}${end}${text.slice(at)}`;
  }
  const after = header(file).at(-1);
  if (after !== undefined) return insertAfter(text, after, line, end);
  const start = file.statements[0]?.getFullStart() ?? 0;
  const comment = /^(#!.*\r?\n)?/.exec(text.slice(start))?.[0].length ?? 0;
  const at = style === 'esm' || file.statements[0] === undefined ? start + comment : file.statements[0].getStart();
  return `${text.slice(0, at)}${line}${end}${text.slice(at)}`;
}

function listOf(statement: ts.Statement): ts.NamedImports | ts.ObjectBindingPattern | undefined {
  if (ts.isImportDeclaration(statement)) {
    const { importClause } = statement;
    const bindings = importClause?.namedBindings;
    return bindings !== undefined && ts.isNamedImports(bindings) && importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword
      ? bindings
      : undefined;
  }
  const name = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0]?.name : undefined;
  return name !== undefined && ts.isObjectBindingPattern(name) ? name : undefined;
}

function nameText({ imported, local }: Entry, as: string): string {
  return imported === local ? imported : imported + as + local;
}

function importText(file: ts.SourceFile, module: string, entries: readonly Entry[], style: 'commonjs' | 'esm'): string {
  const quoted = quoteOf(file) + module + quoteOf(file);
  const all = [...entries].sort((a, b) => a.imported.toLowerCase().localeCompare(b.imported.toLowerCase()));
  const end = terminator(file);
  if (style === 'commonjs') return `const { ${all.map((entry) => nameText(entry, ': ')).join(', ')} } = require(${quoted})${end}`;
  const type = all.every(({ imported }) => isTypeName(imported)) ? 'type ' : '';
  return `import ${type}{ ${all.map((entry) => nameText(entry, ' as ')).join(', ')} } from ${quoted}${end}`;
}

/** The statements at the beginning of a file that are directives or imports, and later import declarations. */
function header(file: ts.SourceFile): ts.Statement[] {
  const found: ts.Statement[] = [];
  let isHead = true;
  for (const statement of file.statements) {
    const isDirective = ts.isExpressionStatement(statement) && ts.isStringLiteral(statement.expression);
    const isImport = ts.isImportDeclaration(statement) || moduleOfStatement(statement) !== undefined;
    if (ts.isImportDeclaration(statement) || (isHead && (isDirective || isImport))) found.push(statement);
    else if (!ts.isInterfaceDeclaration(statement) && !ts.isTypeAliasDeclaration(statement)) isHead = false;
  }
  return found;
}

function withDeclaration(path: string, text: string, { text: declaration, uses }: Declaration, imports: Header['imports']): string {
  const file = parse(path, text);
  const end = lineEnd(file);
  const needed = new Set([...uses, ...[...imports.values()].flatMap((entries) => entries.map(({ local }) => local))]);
  const head = header(file);
  const after = file.statements
    .filter((each) => head.includes(each) || declaredIn(each).some((name) => needed.has(name)) || isReference(each))
    .at(-1);
  const full = declaration + terminator(file);
  if (after === undefined) return full + end + text;
  return insertAfter(text, after, full, end);
}

/** Whether a statement declares a task reference, so that references stay in one block. */
function isReference(statement: ts.Statement): boolean {
  return (
    ts.isVariableStatement(statement) &&
    /^const \w+ = (\w+\.)?(twinpoolT|t)askRef[<(]/.test(statement.getText()) &&
    ts.isSourceFile(statement.parent)
  );
}

function declaredIn(statement: ts.Statement): string[] {
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.flatMap(({ name }) =>
    ts.isIdentifier(name) ? [name.text] : name.elements.flatMap((each) => (ts.isBindingElement(each) ? [each.name.getText()] : [])),
  );
}

/** Inserts a line after a statement, and after the comment that follows it on its line. */
function insertAfter(text: string, statement: ts.Statement, line: string, end: string): string {
  const rest = /^[^\S\r\n]*(\/\/[^\r\n]*|\/\*[^\r\n]*\*\/)?[^\S\r\n]*(?=\r?\n|$)/.exec(text.slice(statement.end));
  const at = statement.end + (rest === null ? 0 : rest[0].length);
  return `${text.slice(0, at)}${end}${line}${rest === null ? end : ''}${text.slice(at)}`;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}
