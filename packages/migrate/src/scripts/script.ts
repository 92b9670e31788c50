/**
 * Finds the file that a pool runs in its workers, as the library finds it.
 *
 *   expression -> static path -> a file of the program, or a file on disk that the program does not list
 *
 * A missing extension is added, a folder stands for its index file, and a compiled file stands for its source. This file does not know what
 * the functions of the file are.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import { isReadable, sourcesOfOutput } from '../program.ts';
import { type PathStyle, pathStyle, staticPath } from './static-path.ts';

export interface Script {
  readonly expression: ts.Expression;
  /** The path at run time, with its extension. */
  readonly path: string;
  /** The text that completes the path of the expression: an extension, or `/index.js`. */
  readonly completion: string;
  /** The path relative to the working directory, if the program writes it so. */
  readonly fromCwd: string | undefined;
  readonly style: PathStyle;
  readonly file: ts.SourceFile;
  /** Whether the file is one of the files to rewrite. */
  readonly isOwn: boolean;
}

const COMPLETIONS: readonly string[] = [
  '',
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.cts',
  '.mts',
  '.tsx',
  '/index.js',
  '/index.cjs',
  '/index.mjs',
  '/index.ts',
];

/** The script of a path expression; otherwise the reason why it is not known. */
export function findScript(
  analysis: Analysis,
  expression: ts.Expression,
  allowsCwd: boolean,
): Script | { readonly reason: 'script-unknown' | 'script-missing'; readonly detail: string } {
  for (const cwd of foldersAbove(expression.getSourceFile().fileName)) {
    const text = staticPath(analysis, expression, cwd);
    if (text === undefined) break;
    const isRelative = !text.startsWith('file:') && !isAbsolute(text);
    if (isRelative && !allowsCwd) break;
    const path = text.startsWith('file:') ? fileURLToPath(new URL(text)) : resolve(cwd, text);
    const found = locate(analysis, path);
    if (found === undefined) continue;
    const { file, completion, isOwn } = found;
    return {
      expression,
      path: path + completion,
      completion,
      fromCwd: isRelative ? text + completion : undefined,
      style: pathStyle(analysis, expression),
      file,
      isOwn,
    };
  }
  const text = staticPath(analysis, expression, process.cwd());
  return text === undefined || (!allowsCwd && !text.startsWith('file:') && !isAbsolute(text))
    ? { reason: 'script-unknown', detail: shown(expression) }
    : { reason: 'script-missing', detail: text.startsWith('file:') ? shown(expression) : shownPath(text) };
}

function locate(
  analysis: Analysis,
  path: string,
): { readonly file: ts.SourceFile; readonly completion: string; readonly isOwn: boolean } | undefined {
  const own = new Map(analysis.files.map((file) => [file.fileName, file]));
  for (const completion of COMPLETIONS) {
    const complete = path + completion;
    for (const candidate of [complete, ...sourcesOfOutput(complete)]) {
      const file = own.get(candidate);
      // A source `x.ts` is `x.js` when it runs from its output; loaders find `x.js` as well.
      if (file !== undefined) return { file, completion: completion.replace(/\.([cm]?)tsx?$/, '.$1js'), isOwn: true };
    }
  }
  for (const completion of COMPLETIONS) {
    const complete = path + completion;
    if (!isReadable(complete) || !existsSync(complete) || !statSync(complete).isFile()) continue;
    const file = ts.createSourceFile(complete, readFileSync(complete, 'utf8'), ts.ScriptTarget.ESNext, true);
    return { file, completion: completion.replace(/\.([cm]?)tsx?$/, '.$1js'), isOwn: false };
  }
  return undefined;
}

/** The folders that may be the working directory: the current one, and those above the file. */
function foldersAbove(file: string): string[] {
  const folders = [process.cwd()];
  for (let at = dirname(file); ; at = dirname(at)) {
    folders.push(at);
    if (existsSync(resolve(at, 'package.json')) || dirname(at) === at) return folders;
  }
}

function shown(expression: ts.Expression): string {
  const text = expression.getText().replace(/\s+/g, ' ');
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function shownPath(path: string): string {
  const from = relative(process.cwd(), path);
  return from.startsWith('..') ? path : from;
}

/** What a script exports, as far as its text says. */
export interface Exports {
  readonly names: ReadonlySet<string>;
  /** Whether there may be more exports than `names`. */
  readonly isOpen: boolean;
  readonly isCommonJs: boolean;
  /** The expressions of the exports, by name, where they are written. */
  readonly values: ReadonlyMap<string, ts.Expression>;
}

export function exportsOf(file: ts.SourceFile): Exports {
  const names = new Set<string>();
  const values = new Map<string, ts.Expression>();
  let isOpen = false;
  let isCommonJs = false;
  const add = (name: string, value?: ts.Expression) => {
    names.add(name);
    if (value !== undefined) values.set(name, value);
  };
  for (const statement of file.statements) {
    if (ts.isExportAssignment(statement)) {
      add('default', statement.expression);
      if (statement.isExportEquals) isOpen = true;
    } else if (ts.isExportDeclaration(statement)) {
      const { exportClause } = statement;
      if (exportClause === undefined) isOpen = true;
      else if (ts.isNamespaceExport(exportClause)) add(exportClause.name.text);
      else for (const each of exportClause.elements) add(each.name.text);
    } else if (hasModifier(statement, ts.SyntaxKind.ExportKeyword)) {
      if (hasModifier(statement, ts.SyntaxKind.DefaultKeyword)) add('default');
      else if (ts.isVariableStatement(statement))
        for (const { name, initializer } of statement.declarationList.declarations) {
          if (ts.isIdentifier(name)) add(name.text, initializer);
          else for (const each of name.elements) if (ts.isBindingElement(each)) add(each.name.getText());
        }
      else if ((ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name !== undefined)
        add(statement.name.text);
    }
  }
  if (names.size > 0 || file.statements.some(ts.isImportDeclaration)) return { names, isOpen, isCommonJs, values };
  const addProperties = (literal: ts.ObjectLiteralExpression): void => {
    for (const property of literal.properties) {
      if (property.name === undefined) isOpen = true;
      else add(property.name.getText().replace(/['"]/g, ''), ts.isPropertyAssignment(property) ? property.initializer : undefined);
    }
  };
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken && ts.isPropertyAccessExpression(node.left)) {
      const text = node.left.getText();
      const named = /^(?:module\.)?exports\.(\w+)$/.exec(text)?.[1];
      if (text === 'module.exports') {
        isCommonJs = true;
        let value = node.right;
        while (ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.EqualsToken) value = value.right;
        add('default', value);
        if (ts.isObjectLiteralExpression(value)) addProperties(value);
        else isOpen = true;
      } else if (named !== undefined && named !== 'exports') {
        isCommonJs = true;
        add(named, node.right);
      }
    } else if (
      ts.isCallExpression(node) &&
      /^Object\.(assign|definePropert(y|ies))$/.test(node.expression.getText()) &&
      /^(module\.)?exports$/.test(node.arguments[0]?.getText() ?? '')
    ) {
      isCommonJs = true;
      const [, ...added] = node.arguments;
      const isAssign = node.expression.getText() === 'Object.assign';
      for (const each of isAssign ? added : added.slice(0, 1)) {
        if (isAssign && ts.isObjectLiteralExpression(each)) addProperties(each);
        else if (!isAssign && ts.isStringLiteralLike(each)) add(each.text);
        else isOpen = true;
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { names, isOpen, isCommonJs, values };
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((each) => each.kind === kind) ?? false);
}
