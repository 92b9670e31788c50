/**
 * Collects the edits of one unit-based rewrite: of nodes, of the imports, and of the task references of each file.
 *
 *   replace(), need(), refer() -> print(): the text of each file that changed
 *
 * Invariant: a task reference is declared once per file, after every name it uses, under a name that the file does not use. This file does not
 * know why a node is replaced.
 */
import { dirname, relative, sep } from 'node:path';
import ts from 'typescript';
import type { Analysis } from '../analysis.ts';
import { withComments } from '../comment-types.ts';
import { moduleFor } from '../entry-points.ts';
import { type Entry, isDeclarationName } from '../import-syntax.ts';
import { unwrap } from '../outer-expressions.ts';
import { quoteOf, Rewriter } from '../rewriter.ts';
import type { Script } from '../scripts/script.ts';
import { type Declaration, hasImportMeta, withHeader } from './module-header.ts';

interface FileState {
  readonly needed: Map<string, Entry>;
  readonly references: Map<string, { readonly name: string; readonly declaration: Declaration }>;
  readonly taken: Set<string>;
}

export class FileEdits {
  readonly rewriter: Rewriter = new Rewriter();
  readonly #analysis: Analysis;
  readonly #old: readonly string[];
  readonly #states = new Map<ts.SourceFile, FileState>();
  readonly #renames = new Map<ts.SourceFile, { readonly from: RegExp; readonly to: string }[]>();
  readonly #base: string;
  /** The files whose references get no types, because the types of the task do not fit. */
  readonly #untyped: ReadonlySet<string>;

  constructor(analysis: Analysis, old: readonly string[], untyped: ReadonlySet<string>) {
    this.#analysis = analysis;
    this.#old = old;
    this.#untyped = untyped;
    this.#base = baseOf(analysis.files);
  }

  print(node: ts.Node): string {
    return this.rewriter.print(node);
  }

  replace(node: ts.Node, printer: () => string): void {
    this.rewriter.replace(node, printer);
  }

  /** The module that exports a name of twinpool. */
  moduleOf(name: string): string {
    return moduleFor(name, this.#base, 'executor');
  }

  /** Writes `to` instead of the types that `from` matches, in the JSDoc comments of a file. */
  renameInComments(file: ts.SourceFile, from: RegExp, to: string): void {
    this.#renames.set(file, [...(this.#renames.get(file) ?? []), { from, to }]);
  }

  /** The text of a comment with the types renamed. */
  renamed(file: ts.SourceFile, comment: string): string {
    const renames = this.#renames.get(file) ?? [];
    if (renames.length === 0 || !comment.startsWith('/**')) return comment;
    return comment.replace(/\{[^\n]*\}/g, (type) => renames.reduce((text, { from, to }) => text.replace(from, to), type));
  }

  /** A name that the file of the node does not use. */
  freeName(node: ts.Node, wanted: string): string {
    return freeName(this.#stateOf(node.getSourceFile()).taken, wanted);
  }

  /** Imports a name of twinpool or Node. Returns its local name. `isFreed`: the file uses that name only for an import that goes. */
  need(node: ts.Node, name: string, isFreed = false): string {
    const file = node.getSourceFile();
    const state = this.#stateOf(file);
    const known = state.needed.get(name);
    if (known !== undefined) return known.local;
    const module = moduleFor(name, this.#base, 'executor');
    const imported = importedLocal(file, module, name);
    const local = imported ?? (state.taken.has(name) && !isFreed ? `twinpool${name[0]?.toUpperCase()}${name.slice(1)}` : name);
    if (imported === undefined) {
      state.taken.add(local);
      state.needed.set(name, { imported: name, local, isType: false });
    }
    return local;
  }

  /**
   * Declares a reference to an export of the script, once, and returns its name. A path that is made of local variables stays where it is: the
   * reference is written at the site.
   */
  refer(site: ts.Node, script: Script, exportName: string, type: string): string {
    const file = site.getSourceFile();
    const state = this.#stateOf(file);
    if (this.#isLocalTo(site, script)) {
      const generic = this.#isTyped(file) ? `<${this.#typeOf(file, script, exportName, type)}>` : '';
      return `${this.need(site, 'taskRef')}${generic}(${script.expression.getText()}, ${quoteOf(file)}${exportName}${quoteOf(file)})`;
    }
    const { text, uses } = this.#urlOf(file, script);
    const key = `${text}\0${exportName}`;
    const known = state.references.get(key);
    if (known !== undefined) return known.name;
    const name = freeName(state.taken, exportName === 'default' ? 'task' : `${exportName}Task`);
    const generic = this.#isTyped(file) ? `<${this.#typeOf(file, script, exportName, type)}>` : '';
    const taskRef = this.need(site, 'taskRef');
    const quote = quoteOf(file);
    const declaration = { text: `const ${name} = ${taskRef}${generic}(${text}, ${quote}${exportName}${quote})`, uses };
    state.references.set(key, { name, declaration });
    return name;
  }

  /** A reference to an export whose name is known only when the program runs, as an expression. */
  referByName(site: ts.Node, script: Script, nameText: string): string {
    const file = site.getSourceFile();
    const own = this.#isLocalTo(site, script) ? script.expression.getText() : undefined;
    const generic = this.#isTyped(file) ? '<(...args: any[]) => any>' : '';
    return `${this.need(site, 'taskRef')}${generic}(${own ?? this.#urlOf(file, script).text}, ${nameText})`;
  }

  /** The texts of the files that changed, by path. */
  texts(): Map<ts.SourceFile, string> {
    const found = new Map<ts.SourceFile, string>();
    for (const file of this.#analysis.files) {
      const printed = this.rewriter.print(file);
      const state = this.#states.get(file);
      if (printed === file.text && state === undefined && !this.#renames.has(file)) continue;
      const imports = new Map<string, Entry[]>();
      for (const entry of state?.needed.values() ?? []) {
        const module = moduleFor(entry.imported, this.#base, 'executor');
        imports.set(module, [...(imports.get(module) ?? []), entry]);
      }
      const declarations = [...(state?.references.values() ?? [])].map(({ declaration }) => declaration);
      const text = withHeader(file.fileName, file.text, printed, { imports, declarations, old: this.#old });
      const whole = withComments(text, (comment) => this.renamed(file, comment));
      if (whole !== file.text) found.set(file, whole);
    }
    return found;
  }

  #isTyped(file: ts.SourceFile): boolean {
    return /\.[cm]?tsx?$/.test(file.fileName);
  }

  #stateOf(file: ts.SourceFile): FileState {
    let state = this.#states.get(file);
    if (state === undefined) {
      state = { needed: new Map(), references: new Map(), taken: namesIn(file) };
      this.#states.set(file, state);
    }
    return state;
  }

  /** The URL or path of the script as an expression in `file`, and the names that the expression uses. */
  #urlOf(file: ts.SourceFile, script: Script): { readonly text: string; readonly uses: readonly string[] } {
    const { expression, completion, fromCwd } = script;
    const own = expression.getSourceFile() === file ? this.#namesOf(expression) : undefined;
    if (fromCwd !== undefined) {
      const text = own !== undefined && completion === '' ? expression.getText() : quoteOf(file) + fromCwd + quoteOf(file);
      return { text: `${this.need(file, 'pathToFileURL')}(${text})`, uses: own ?? [] };
    }
    const url = urlIn(expression) ?? expression;
    // require.resolve() throws if the file is not there: a module that only declares the task must not.
    const text = own === undefined || /\brequire\.resolve\b/.test(url.getText()) ? undefined : completed(url, completion);
    if (own !== undefined && text !== undefined) return { text, uses: own };
    const quote = quoteOf(file);
    const path = relativePath(file.fileName, script.path);
    const style = expression.getSourceFile() === file ? script.style : undefined;
    const isRequire = style === 'dirname' || (style === undefined && !hasImportMeta(file));
    return {
      text: isRequire ? `\`\${__dirname}/${path.replace(/^\.\//, '')}\`` : `new URL(${quote}${path}${quote}, import.meta.url)`,
      uses: [],
    };
  }

  /** Whether the path is a local variable that the site can read. */
  #isLocalTo(site: ts.Node, { expression, completion, fromCwd }: Script): boolean {
    if (!ts.isIdentifier(expression) || completion !== '' || fromCwd !== undefined || expression.getSourceFile() !== site.getSourceFile())
      return false;
    const declaration = this.#analysis.symbolOf(expression)?.valueDeclaration;
    const scope = declaration === undefined ? undefined : ts.findAncestor(declaration, (each) => ts.isBlock(each) || ts.isSourceFile(each));
    return scope !== undefined && ts.isBlock(scope) && ts.findAncestor(site, (each) => each === scope) !== undefined;
  }

  /** The top-level names that an expression uses; `undefined` if it uses local ones. */
  #namesOf(expression: ts.Expression): string[] | undefined {
    const names: string[] = [];
    let isLocal = false;
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node)) {
        visit(node.expression);
        return;
      }
      if (ts.isIdentifier(node)) {
        const declaration = this.#analysis
          .symbolOf(node)
          ?.declarations?.find((each) => each.getSourceFile() === expression.getSourceFile());
        if (declaration !== undefined) {
          const statement = ts.findAncestor(declaration, ts.isStatement);
          if (statement === undefined || !ts.isSourceFile(statement.parent)) isLocal = true;
          names.push(node.text);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(expression);
    return isLocal ? undefined : names;
  }

  #typeOf(file: ts.SourceFile, script: Script, exportName: string, type: string): string {
    if (this.#untyped.has(file.fileName) || !this.#isTyped(script.file) || !script.isOwn || !/^\w+$/.test(exportName)) return type;
    return `typeof import('${relativePath(file.fileName, script.path)}').${exportName}`;
  }
}

function relativePath(from: string, to: string): string {
  const path = relative(dirname(from), to).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}

/** The text of a path with the completion in its last literal; `undefined` if it does not end with a literal. */
function completed(node: ts.Expression, completion: string): string | undefined {
  if (completion === '') return node.getText();
  let last: ts.Node | undefined;
  const visit = (each: ts.Node): void => {
    if (ts.isStringLiteralLike(each) || ts.isTemplateTail(each)) last = each;
    ts.forEachChild(each, visit);
  };
  visit(node);
  if (last === undefined) return undefined;
  const at = last.end - 1 - node.getStart();
  const text = node.getText();
  return text.slice(0, at) + completion + text.slice(at);
}

/** The `new URL(…)` in `new URL(…).href`, `.pathname` and `fileURLToPath(new URL(…))`. */
function urlIn(file: ts.Expression): ts.Expression | undefined {
  const node = unwrap(file);
  if (ts.isNewExpression(node) && node.expression.getText() === 'URL') return node;
  if (ts.isPropertyAccessExpression(node) && (node.name.text === 'href' || node.name.text === 'pathname')) return urlIn(node.expression);
  if (!ts.isCallExpression(node)) return undefined;
  const callee = node.expression;
  const [argument] = node.arguments;
  if (/(^|\.)fileURLToPath$/.test(callee.getText()) && argument !== undefined) return urlIn(argument);
  return ts.isPropertyAccessExpression(callee) && callee.name.text === 'toString' ? urlIn(callee.expression) : undefined;
}

function freeName(taken: Set<string>, wanted: string): string {
  const bare = wanted.replace(/[^\w$]/g, '_');
  let name = bare;
  for (let i = 2; taken.has(name); i++) name = `${bare}${i}`;
  taken.add(name);
  return name;
}

/** The names that a file uses for something that is not a member. */
function namesIn(file: ts.SourceFile): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && (isDeclarationName(node) || !ts.isPropertyAccessExpression(node.parent) || node.parent.name !== node))
      if (!(ts.isPropertyAssignment(node.parent) && node.parent.name === node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return names;
}

/** The local name of a name that the file imports already. */
function importedLocal(file: ts.SourceFile, module: string, name: string): string | undefined {
  const modules = module.startsWith('node:') ? [module, module.slice(5)] : [module];
  for (const statement of file.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier)) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name: pattern, initializer } of statement.declarationList.declarations) {
        const called = initializer?.getText() ?? '';
        if (!ts.isObjectBindingPattern(pattern) || !modules.some((each) => new RegExp(`^require\\(['"]${each}['"]\\)$`).test(called)))
          continue;
        const found = pattern.elements.find((each) => (each.propertyName ?? each.name).getText() === name);
        if (found !== undefined) return found.name.getText();
      }
      continue;
    }
    const bindings = statement.importClause?.namedBindings;
    if (!modules.includes(statement.moduleSpecifier.text) || bindings === undefined || !ts.isNamedImports(bindings)) continue;
    const found = bindings.elements.find((each) => (each.propertyName ?? each.name).text === name);
    if (found !== undefined && !found.isTypeOnly && statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword)
      return found.name.text;
  }
  return undefined;
}

/** The module by which the program imports twinpool. */
function baseOf(files: readonly ts.SourceFile[]): string {
  for (const { text } of files) {
    const module = /['"]((?:@?twinpool)(?:\/(?:pool|executor))?)['"]/.exec(text)?.[1];
    if (module !== undefined) return module;
  }
  return 'twinpool';
}
