/**
 * Declares `taskRef` references to the exports of task files that another library loads by path.
 *
 * Invariants: a reference is declared once, before the statement that contains the path, under a name that the file does not use. This file
 * does not know how the references are used.
 */
import ts from 'typescript';
import { unwrap } from '../outer-expressions.ts';
import type { Pass } from '../pass.ts';
import { pathsOf } from '../program.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';

export class TaskReferences {
  readonly #pass: Pass;
  readonly #nameByKey = new Map<string, string>();
  readonly #taken = new Map<ts.SourceFile, Set<string>>();

  constructor(pass: Pass) {
    this.#pass = pass;
  }

  /** Whether code at `site` can use a reference to an export of the file. */
  canRefer(site: ts.Node, file: ts.Expression): boolean {
    if (site.getSourceFile() !== file.getSourceFile()) return false;
    const scope = scopeOf(this.#pass, file);
    return scope === undefined || ts.findAncestor(site, (node) => node === scope) !== undefined;
  }

  /** Declares a reference, once, and returns its name. `type` is the function type if the task file does not declare one. */
  refer(file: ts.Expression, exportName: string, type: string): string {
    const source = file.getSourceFile();
    const scope = scopeOf(this.#pass, file);
    const key = `${source.fileName}:${scope?.pos ?? -1}:${pathText(file)}:${exportName}`;
    const existing = this.#nameByKey.get(key);
    if (existing !== undefined) return existing;
    const name = this.#freeName(source, exportName === 'default' ? 'task' : `${exportName}Task`);
    this.#nameByKey.set(key, name);
    const anchor = anchorOf(file, scope);
    const taskRef = this.#pass.need(file, 'taskRef');
    const generic = /\.[cm]?tsx?$/.test(source.fileName) ? `<${typeOf(this.#pass, file, exportName, type)}>` : '';
    const text = () =>
      `const ${name} = ${taskRef()}${generic}(${this.urlText(file)}, '${exportName}')${terminator(source)}${lineEnd(source)}${indentOf(anchor)}`;
    this.#pass.rewriter.before(anchor, text);
    return name;
  }

  /** The file as an argument of `taskRef`: a URL or an absolute path. */
  urlText(file: ts.Expression): string {
    const url = urlOf(file);
    return this.#pass.print(url ?? file);
  }

  #freeName(source: ts.SourceFile, wanted: string): string {
    const taken = this.#taken.get(source) ?? new Set<string>();
    this.#taken.set(source, taken);
    const bareName = wanted.replace(/[^\w$]/g, '_');
    let name = bareName;
    for (let i = 2; taken.has(name) || new RegExp(`(?<![.\\w$'"])${name}(?![\\w$'"])`).test(source.text); i++) name = `${bareName}${i}`;
    taken.add(name);
    return name;
  }
}

/** The source file that a path expression refers to. */
export function sourceOf(pass: Pass, file: ts.Expression): ts.SourceFile | undefined {
  const literal = relativeLiteral(file);
  const from = file.getSourceFile();
  if (literal === undefined) return /\b__filename\b|^import\.meta\.(filename|url)$/.test(file.getText()) ? from : undefined;
  const paths = pathsOf(from.fileName, literal.text);
  return pass.analysis.files.find(({ fileName }) => paths.includes(fileName));
}

/** The relative path literal in `new URL('./x', import.meta.url)`, `resolve(__dirname, 'x')`, `__dirname + '/x'`. */
function relativeLiteral(file: ts.Expression): ts.StringLiteral | undefined {
  let found: ts.StringLiteral | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) found ??= node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The `new URL(…)` in `new URL(…).href`, `.pathname` and `fileURLToPath(new URL(…))`. */
function urlOf(file: ts.Expression): ts.Expression | undefined {
  const node = unwrap(file);
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') return node;
  if (ts.isPropertyAccessExpression(node) && (node.name.text === 'href' || node.name.text === 'pathname')) return urlOf(node.expression);
  if (ts.isCallExpression(node) && /(^|\.)fileURLToPath$|\.toString$/.test(node.expression.getText())) {
    const [argument] = node.arguments;
    return argument !== undefined
      ? urlOf(argument)
      : ts.isPropertyAccessExpression(node.expression)
        ? urlOf(node.expression.expression)
        : undefined;
  }
  return undefined;
}

function pathText(file: ts.Expression): string {
  return (urlOf(file) ?? file).getText();
}

/** The block whose variables the path uses; `undefined` if it uses only variables of the module. */
function scopeOf(pass: Pass, file: ts.Expression): ts.Node | undefined {
  let scope: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const declaration = pass.analysis.symbolOf(node)?.declarations?.[0];
      if (declaration !== undefined && declaration.getSourceFile() === file.getSourceFile()) {
        const block = ts.findAncestor(declaration.parent, (each) => ts.isBlock(each) || ts.isFunctionLike(each));
        if (block !== undefined && ts.findAncestor(file, (each) => each === block) !== undefined)
          scope = ts.isBlock(block) ? block : ((block as ts.FunctionLikeDeclaration).body ?? block);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return scope;
}

/** The statement before which the reference is declared. */
function anchorOf(file: ts.Expression, scope: ts.Node | undefined): ts.Node {
  let anchor: ts.Node = file;
  for (let at: ts.Node = file; at.parent !== undefined; at = at.parent) {
    anchor = at;
    if (at.parent === (scope ?? file.getSourceFile())) break;
  }
  return anchor;
}

function typeOf(pass: Pass, file: ts.Expression, exportName: string, type: string): string {
  const source = sourceOf(pass, file);
  const literal = relativeLiteral(file);
  if (source !== undefined && literal !== undefined && /\.[cm]?tsx?$/.test(source.fileName)) {
    const specifier = literal.text.startsWith('.') ? literal.text : `./${literal.text.replace(/^\/+/, '')}`;
    return `typeof import('${specifier}').${exportName}`;
  }
  return type;
}
