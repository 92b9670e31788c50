/**
 * Links the modules of the program: which expressions and names of which files receive an export.
 *
 *   import { a }, import d, import * as ns, import x = require()    -> a local name
 *   require('./f'), import('./f')                                   -> an expression
 *   export { a } from, export * from, export * as ns from           -> an export of another file
 *
 * This file does not know what the exports are.
 */
import ts from 'typescript';
import type { Program } from '../program.ts';

export interface Importer {
  /** name: binds one export. namespace: binds all exports. call: `require`. promise: `import()`. */
  readonly how: 'name' | 'namespace' | 'call' | 'promise';
  /** The export that is bound; for `how: 'name'` only. */
  readonly name: string;
  readonly node: ts.Identifier | ts.CallExpression;
}

export interface Reexport {
  readonly file: ts.SourceFile;
  /** `undefined`: all exports. */
  readonly from: string | undefined;
  /** `undefined`: under their own names. */
  readonly to: string | undefined;
}

export class ModuleLinks {
  readonly #program: Program;
  readonly #byName: Map<string, ts.SourceFile>;
  readonly #importers = new Map<ts.SourceFile, Importer[]>();
  readonly #reexports = new Map<ts.SourceFile, Reexport[]>();
  readonly #imports = new Map<ts.SourceFile, Set<ts.SourceFile>>();

  constructor(program: Program) {
    this.#program = program;
    this.#byName = new Map(program.files.map(({ ast }) => [ast.fileName, ast]));
    for (const { ast } of program.files) this.#collect(ast, ast);
  }

  importersOf(file: ts.SourceFile): readonly Importer[] {
    return this.#importers.get(file) ?? [];
  }

  reexportsOf(file: ts.SourceFile): readonly Reexport[] {
    return this.#reexports.get(file) ?? [];
  }

  /** The files that a file imports, also through other files. The file itself is the first. */
  importedBy(file: ts.SourceFile): ReadonlySet<ts.SourceFile> {
    const found = new Set([file]);
    for (const each of found) for (const next of this.#imports.get(each) ?? []) found.add(next);
    return found;
  }

  /** The file of the program that a module specifier refers to. */
  targetOf(file: ts.SourceFile, specifier: string): ts.SourceFile | undefined {
    const path = this.#program.resolve(specifier, file.fileName);
    return path === undefined ? undefined : this.#byName.get(path);
  }

  #link(from: ts.SourceFile, specifier: ts.Expression | undefined): ts.SourceFile | undefined {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return undefined;
    const target = this.targetOf(from, specifier.text);
    if (target === undefined) return undefined;
    add(this.#imports, from, target);
    return target;
  }

  #collect(node: ts.Node, file: ts.SourceFile): void {
    if (ts.isImportDeclaration(node)) this.#import(node, file);
    else if (ts.isExportDeclaration(node)) this.#export(node, file);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      const target = this.#link(file, node.moduleReference.expression);
      if (target !== undefined) push(this.#importers, target, { how: 'namespace', name: '', node: node.name });
    } else if (ts.isCallExpression(node) && node.arguments.length > 0) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === 'require';
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const target = isRequire || isImport ? this.#link(file, node.arguments[0]) : undefined;
      if (target !== undefined) push(this.#importers, target, { how: isImport ? 'promise' : 'call', name: '', node });
    }
    ts.forEachChild(node, (child) => this.#collect(child, file));
  }

  #import(node: ts.ImportDeclaration, file: ts.SourceFile): void {
    const target = this.#link(file, node.moduleSpecifier);
    const clause = node.importClause;
    if (target === undefined || clause === undefined) return;
    if (clause.name !== undefined) push(this.#importers, target, { how: 'name', name: 'default', node: clause.name });
    const bindings = clause.namedBindings;
    if (bindings === undefined) return;
    if (ts.isNamespaceImport(bindings)) push(this.#importers, target, { how: 'namespace', name: '', node: bindings.name });
    else
      for (const each of bindings.elements)
        push(this.#importers, target, { how: 'name', name: (each.propertyName ?? each.name).text, node: each.name });
  }

  #export(node: ts.ExportDeclaration, file: ts.SourceFile): void {
    const target = this.#link(file, node.moduleSpecifier);
    if (target === undefined) return;
    const clause = node.exportClause;
    if (clause === undefined) push(this.#reexports, target, { file, from: undefined, to: undefined });
    else if (ts.isNamespaceExport(clause)) push(this.#reexports, target, { file, from: undefined, to: clause.name.text });
    else
      for (const each of clause.elements)
        push(this.#reexports, target, { file, from: (each.propertyName ?? each.name).text, to: each.name.text });
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function add<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}
