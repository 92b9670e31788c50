/**
 * Files of tasks that another library is given by path: references to their exports.
 *
 * Decides where such a reference is declared (before the statement that names the file), what it is called, and its type. Refuses to know what is
 * done with it.
 */
import ts from 'typescript';
import { pathsOf } from '../program.ts';
import { indentOf, lineEnd, terminator } from '../rewriter.ts';
import { type Attempt, bare } from '../session.ts';

export class TaskFiles {
  readonly #attempt: Attempt;
  readonly #known = new Map<string, string>();
  readonly #taken = new Map<ts.SourceFile, Set<string>>();

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** Whether a reference to an export of the file can be had at `site`. */
  canRefer(site: ts.Node, file: ts.Expression): boolean {
    if (site.getSourceFile() !== file.getSourceFile()) return false;
    const scope = scopeOf(this.#attempt, file);
    return scope === undefined || ts.findAncestor(site, (node) => node === scope) !== undefined;
  }

  /** The name of the reference. `type`: of the function, where the file tells none. */
  refer(file: ts.Expression, exportName: string, type: string): string {
    const source = file.getSourceFile();
    const scope = scopeOf(this.#attempt, file);
    const key = `${source.fileName}:${scope?.pos ?? -1}:${pathText(file)}:${exportName}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.#freeName(source, exportName === 'default' ? 'task' : `${exportName}Task`);
    this.#known.set(key, name);
    const anchor = anchorOf(file, scope);
    const taskRef = this.#attempt.need(file, 'taskRef');
    const generic = /\.[cm]?tsx?$/.test(source.fileName) ? `<${typeOf(this.#attempt, file, exportName, type)}>` : '';
    const text = () =>
      `const ${name} = ${taskRef()}${generic}(${this.urlText(file)}, '${exportName}')${terminator(source)}${lineEnd(source)}${indentOf(anchor)}`;
    this.#attempt.rewriter.before(anchor, text);
    return name;
  }

  /** The file as `taskRef` takes it: a URL or an absolute path. */
  urlText(file: ts.Expression): string {
    const url = urlOf(file);
    return this.#attempt.print(url ?? file);
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

/** The source among the given ones that a path expression names. */
export function sourceOf(attempt: Attempt, file: ts.Expression): ts.SourceFile | undefined {
  const literal = relativeLiteral(file);
  const from = file.getSourceFile();
  if (literal === undefined) return /\b__filename\b|^import\.meta\.(filename|url)$/.test(file.getText()) ? from : undefined;
  const paths = pathsOf(from.fileName, literal.text);
  return attempt.knowledge.files.find(({ fileName }) => paths.includes(fileName));
}

/** The relative path in `new URL('./x', import.meta.url)`, `resolve(__dirname, 'x')`, `__dirname + '/x'`. */
function relativeLiteral(file: ts.Expression): ts.StringLiteral | undefined {
  let found: ts.StringLiteral | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node)) found ??= node;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `new URL(…)` in `new URL(…).href`, `.pathname` and `fileURLToPath(new URL(…))`. */
function urlOf(file: ts.Expression): ts.Expression | undefined {
  const node = bare(file);
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

/** The block whose variables a path needs; `undefined` where it needs the module's only. */
function scopeOf(attempt: Attempt, file: ts.Expression): ts.Node | undefined {
  let scope: ts.Node | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const declaration = attempt.knowledge.symbolOf(node)?.declarations?.[0];
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

/** The statement before which a reference is declared. */
function anchorOf(file: ts.Expression, scope: ts.Node | undefined): ts.Node {
  let anchor: ts.Node = file;
  for (let at: ts.Node = file; at.parent !== undefined; at = at.parent) {
    anchor = at;
    if (at.parent === (scope ?? file.getSourceFile())) break;
  }
  return anchor;
}

function typeOf(attempt: Attempt, file: ts.Expression, exportName: string, type: string): string {
  const source = sourceOf(attempt, file);
  const literal = relativeLiteral(file);
  if (source !== undefined && literal !== undefined && /\.[cm]?tsx?$/.test(source.fileName)) {
    const specifier = literal.text.startsWith('.') ? literal.text : `./${literal.text.replace(/^\/+/, '')}`;
    return `typeof import('${specifier}').${exportName}`;
  }
  return type;
}
