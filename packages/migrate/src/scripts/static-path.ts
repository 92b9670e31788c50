/**
 * Evaluates the expression of a path without running the program.
 *
 *   literals, +, templates, __dirname, import.meta, path.join(), new URL(), require.resolve(), process.cwd(), constants -> a text
 *
 * The result is a text as the program would compute it: an absolute path, a `file:` URL or a relative path. `undefined`: the value depends on
 * more than the places of files. This file does not know whether the file exists.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';

/** How a path finds its folder: `import.meta` of an ES module, `__dirname` or `require` of a CommonJS module, or neither. */
export type PathStyle = 'meta' | 'dirname' | undefined;

export function pathStyle(analysis: Analysis, expression: ts.Expression): PathStyle {
  let hasMeta = false;
  let hasDirname = false;
  const seen = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (seen.has(node)) return;
    seen.add(node);
    if (ts.isMetaProperty(node)) hasMeta = true;
    if (ts.isIdentifier(node)) {
      if (/^(__dirname|__filename|require)$/.test(node.text)) hasDirname = true;
      const constant = constantOf(analysis, node);
      if (constant !== undefined) visit(constant);
    }
    ts.forEachChild(node, visit);
  };
  visit(expression);
  return hasMeta ? 'meta' : hasDirname ? 'dirname' : undefined;
}

type Constants = (node: ts.Identifier) => ts.Expression | undefined;

/** The text of a path expression; `undefined` if it is not known before the program runs. */
export function staticPath(analysis: Analysis, expression: ts.Expression, cwd: string): string | undefined {
  return evaluate(expression, (node) => constantOf(analysis, node), cwd, 0);
}

function evaluate(node: ts.Expression, constants: Constants, cwd: string, depth: number): string | undefined {
  if (depth > 12) return undefined;
  const of = (each: ts.Expression | undefined) => (each === undefined ? undefined : evaluate(each, constants, cwd, depth + 1));
  const { fileName } = node.getSourceFile();
  if (ts.isStringLiteralLike(node)) return node.text;
  if (
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node)
  )
    return of(node.expression);
  if (ts.isTemplateExpression(node)) {
    const parts = node.templateSpans.map(({ expression, literal }) => [of(expression), literal.text] as const);
    if (parts.some(([value]) => value === undefined)) return undefined;
    return node.head.text + parts.map(([value, text]) => `${value}${text}`).join('');
  }
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [of(node.left), of(node.right)];
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (ts.isIdentifier(node)) {
    if (node.text === '__dirname') return dirname(fileName);
    if (node.text === '__filename') return fileName;
    return of(constants(node));
  }
  if (ts.isPropertyAccessExpression(node)) return member(node, of, fileName);
  if (ts.isNewExpression(node))
    return node.expression.getText() === 'URL' ? url(of(node.arguments?.[0]), of(node.arguments?.[1])) : undefined;
  return ts.isCallExpression(node) ? called(node, of, fileName, cwd) : undefined;
}

type Evaluate = (node: ts.Expression | undefined) => string | undefined;

function member(node: ts.PropertyAccessExpression, of: Evaluate, fileName: string): string | undefined {
  const { text } = node.name;
  if (ts.isMetaProperty(node.expression)) {
    if (text === 'url') return pathToFileURL(fileName).href;
    if (text === 'filename') return fileName;
    return text === 'dirname' ? dirname(fileName) : undefined;
  }
  const value = text === 'href' || text === 'pathname' ? of(node.expression) : undefined;
  if (value === undefined || !value.startsWith('file:')) return undefined;
  return text === 'href' ? value : new URL(value).pathname;
}

function called(node: ts.CallExpression, of: Evaluate, fileName: string, cwd: string): string | undefined {
  const callee = node.expression.getText();
  const args = node.arguments.map((each) => of(each));
  const name = callee.slice(callee.lastIndexOf('.') + 1);
  if (callee === 'process.cwd') return cwd;
  if (name === 'toString' && ts.isPropertyAccessExpression(node.expression)) return of(node.expression.expression);
  if (args.some((each) => each === undefined)) return undefined;
  const texts = args as string[];
  const [first = ''] = texts;
  if (callee === 'require.resolve' || callee === 'import.meta.resolve') {
    if (!first.startsWith('.')) return undefined;
    const path = resolve(dirname(fileName), first);
    return callee === 'require.resolve' ? path : pathToFileURL(path).href;
  }
  switch (name) {
    case 'join':
      return join(...texts);
    case 'resolve':
      return resolve(cwd, ...texts);
    case 'dirname':
      return dirname(first);
    case 'fileURLToPath':
      return first.startsWith('file:') ? fileURLToPath(first) : undefined;
    case 'pathToFileURL':
      return pathToFileURL(first).href;
    case 'normalize':
      return join(first);
    default:
      return undefined;
  }
}

function url(path: string | undefined, base: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return new URL(path, base).href;
  } catch {
    return undefined;
  }
}

/** The initializer of a constant, also of one that another file of the program exports. */
function constantOf(analysis: Analysis, node: ts.Identifier): ts.Expression | undefined {
  const local = analysis.symbolOf(node);
  const symbol = local !== undefined && local.flags & ts.SymbolFlags.Alias ? analysis.checker.getAliasedSymbol(local) : local;
  const declaration = symbol?.valueDeclaration;
  if (declaration === undefined || !ts.isVariableDeclaration(declaration) || !ts.isIdentifier(declaration.name)) return undefined;
  return ts.isVariableDeclarationList(declaration.parent) && (declaration.parent.flags & ts.NodeFlags.Const) !== 0
    ? declaration.initializer
    : undefined;
}
