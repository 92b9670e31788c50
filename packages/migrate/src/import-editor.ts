/**
 * Edits the imports of one file: finds all uses of library names, and rewrites import declarations, `require` patterns and re-exports.
 *
 *   collect all names -> change(), drop(), need() while a pass runs -> finish() registers the edits of the imports
 *
 * Invariants: an alias keeps its local name; a name that is still used stays imported next to the new one; an exported name does not change.
 * The editor does not know why a name changes.
 */
import ts from 'typescript';
import { isTypeName, moduleFor } from './entry-points.ts';
import {
  declarationText,
  type Entry,
  entryText,
  importedNameOf,
  isAliased,
  isDeclarationName,
  isShared,
  isTopLevel,
  listText,
  literalOf,
  localNameOf,
  merged,
  moduleOf,
  namespaceOf,
  type Specifier,
  specifiersOf,
  statementOf,
} from './import-syntax.ts';
import { libraryOf } from './library-kind.ts';
import { libraryFileOf } from './library-types.ts';
import { lineEnd, quoteOf, type Rewriter, terminator } from './rewriter.ts';

export interface LibraryName {
  readonly library: string;
  readonly name: string;
  /** binding: an import of this file binds it. member: it follows the dot of a namespace. indirect: another file exports it under its own name. */
  readonly how: 'binding' | 'member' | 'indirect';
  /** The import specifier or variable that binds the name. */
  readonly binder: ts.Node | undefined;
}

interface Group {
  readonly module: string;
  readonly node: ts.ImportDeclaration | ts.VariableDeclaration | ts.ExportDeclaration;
  readonly list: ts.NamedImports | ts.ObjectBindingPattern;
  readonly isTypeOnly: boolean;
}

/** The new name of a name that is removed. */
const DROPPED = '';

export class ImportEditor {
  readonly #file: ts.SourceFile;
  readonly #checker: ts.TypeChecker;
  readonly #rewriter: Rewriter;
  readonly #prefer: 'pool' | 'executor';
  readonly #names = new Map<ts.Identifier, LibraryName>();
  readonly #changed = new Map<ts.Identifier, string>();
  readonly #needed = new Set<string>();
  readonly #groups: Group[] = [];
  /** The local names of `import * as tp` and `const tp = require(…)`, by module. */
  readonly #namespaces = new Map<string, ts.Identifier>();
  readonly #declared = new Set<string>();

  constructor(file: ts.SourceFile, checker: ts.TypeChecker, rewriter: Rewriter, prefer: 'pool' | 'executor') {
    this.#file = file;
    this.#checker = checker;
    this.#rewriter = rewriter;
    this.#prefer = prefer;
    this.#collect(file);
  }

  get names(): ReadonlyMap<ts.Identifier, LibraryName> {
    return this.#names;
  }

  /** Renames the library name at `identifier` to `name`. */
  change(identifier: ts.Identifier, name: string): void {
    const libraryName = this.#names.get(identifier);
    if (libraryName === undefined || libraryName.how === 'indirect') return;
    this.#changed.set(identifier, name);
    if (libraryName.how === 'member') this.#rewriter.replace(identifier, () => name);
    else this.#rewriter.replace(identifier, () => this.#shown(identifier, this.localOf(name, libraryName.binder)));
  }

  /** Registers that the rewrite removes `identifier`. */
  drop(identifier: ts.Identifier): void {
    if (this.#names.get(identifier)?.how === 'binding') this.#changed.set(identifier, DROPPED);
  }

  /** Registers that new code uses `name`. The returned function gives its local name; call it when the text is printed. */
  need(name: string): () => string {
    this.#needed.add(name);
    return () => this.localOf(name, undefined);
  }

  /** The local name of a twinpool name in this file. `binder` is the import of the name that was renamed to it. */
  localOf(name: string, binder: ts.Node | undefined): string {
    if (binder !== undefined && isAliased(binder) && this.#targetsOf(binder)[0] === name) return localNameOf(binder);
    for (const { list } of this.#groups) {
      for (const each of specifiersOf(list)) {
        const isSame = importedNameOf(each) === name || (isAliased(each) && this.#targetsOf(each)[0] === name);
        if (isSame && this.#names.get(each.name as ts.Identifier)?.library !== undefined) return localNameOf(each);
      }
    }
    if (this.#groups.length === 0) {
      const [first] = this.#namespaces.entries();
      if (first !== undefined && libraryFileOf(first[0])?.endsWith('twinpool.d.ts')) return `${first[1].text}.${name}`;
    }
    return this.#declared.has(name) ? `twinpool${name[0]?.toUpperCase()}${name.slice(1)}` : name;
  }

  /** Registers the edits of the imports. Call it once, after all changes. */
  finish(base: string): void {
    const extra: Entry[] = [...this.#needed].map((name) => this.#entryOf(name, undefined));
    for (const group of this.#groups) {
      if (libraryFileOf(group.module)?.endsWith('twinpool.d.ts')) this.#finishGroup(group, extra);
      else this.#finishForeign(group, extra);
    }
    this.#finishNamespaces(extra);
    this.#finishReexports();
    const here = this.#groups.flatMap(({ list }) => specifiersOf(list));
    const missing = extra.filter(
      ({ local, imported }, i) =>
        !local.includes('.') &&
        extra.findIndex((other) => other.local === local) === i &&
        !here.some((each) => localNameOf(each) === local && (importedNameOf(each) === imported || isAliased(each))),
    );
    if (missing.length > 0) this.#addImports(missing, base);
  }

  #collect(node: ts.Node): void {
    if (ts.isImportDeclaration(node) || ts.isImportEqualsDeclaration(node) || ts.isVariableDeclaration(node)) this.#collectBinder(node);
    if (ts.isIdentifier(node)) {
      this.#collectName(node);
      if (isDeclarationName(node)) this.#declared.add(node.text);
    }
    ts.forEachChild(node, (child) => this.#collect(child));
  }

  #collectBinder(node: ts.ImportDeclaration | ts.ImportEqualsDeclaration | ts.VariableDeclaration): void {
    const module = moduleOf(node);
    if (module === undefined || libraryFileOf(module) === undefined) return;
    if (ts.isImportEqualsDeclaration(node)) this.#namespaces.set(module, node.name);
    else if (ts.isVariableDeclaration(node)) {
      if (ts.isIdentifier(node.name)) this.#namespaces.set(module, node.name);
      else if (ts.isObjectBindingPattern(node.name)) this.#groups.push({ module, node, list: node.name, isTypeOnly: false });
    } else {
      const { importClause } = node;
      const bindings = importClause?.namedBindings;
      if (bindings === undefined) return;
      if (ts.isNamespaceImport(bindings)) this.#namespaces.set(module, bindings.name);
      else this.#groups.push({ module, node, list: bindings, isTypeOnly: importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword });
    }
  }

  #collectName(node: ts.Identifier): void {
    if (ts.isExportSpecifier(node.parent) && node.parent.parent.parent.moduleSpecifier !== undefined) return;
    const symbol = ts.isShorthandPropertyAssignment(node.parent)
      ? this.#checker.getShorthandAssignmentValueSymbol(node.parent)
      : ts.isExportSpecifier(node.parent)
        ? this.#checker.getExportSpecifierLocalTargetSymbol(node.parent)
        : this.#checker.getSymbolAtLocation(node);
    if (symbol === undefined) return;
    const pulled = this.#destructuredName(symbol);
    if (pulled !== undefined) {
      this.#names.set(node, pulled);
      return;
    }
    const final = symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    const library = libraryOf(final);
    if (library === undefined || !isTopLevel(final)) return;
    const isMember =
      (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
      (ts.isQualifiedName(node.parent) && node.parent.right === node) ||
      ts.isImportTypeNode(node.parent);
    const binder = symbol.declarations?.[0];
    const name =
      final.name === 'default' ? ((final.declarations?.[0] as ts.NamedDeclaration | undefined)?.name?.getText() ?? 'default') : final.name;
    const how = isMember ? 'member' : this.#isIndirect(binder) ? 'indirect' : 'binding';
    this.#names.set(node, { library, name, how, binder });
  }

  /** The library name of a variable in `const { Pool } = await import('twinpool')`, which TypeScript does not treat as an alias. */
  #destructuredName(symbol: ts.Symbol): LibraryName | undefined {
    const binder = symbol.declarations?.[0];
    if (binder === undefined || !ts.isBindingElement(binder) || !ts.isObjectBindingPattern(binder.parent)) return undefined;
    const { parent } = binder.parent;
    const module = ts.isVariableDeclaration(parent) ? moduleOf(parent) : undefined;
    const file = module === undefined ? undefined : libraryFileOf(module);
    if (file === undefined) return undefined;
    return { library: file.slice(file.lastIndexOf('/') + 1, -'.d.ts'.length), name: importedNameOf(binder), how: 'binding', binder };
  }

  /** Whether the name is imported from a module of the program that exports it under its own name. */
  #isIndirect(binder: ts.Node | undefined): boolean {
    if (binder === undefined || !(ts.isImportSpecifier(binder) || ts.isBindingElement(binder) || ts.isImportClause(binder))) return false;
    const declaration = ts.findAncestor(binder, (node) => ts.isImportDeclaration(node) || ts.isVariableDeclaration(node));
    const module = declaration === undefined ? undefined : moduleOf(declaration as ts.ImportDeclaration);
    if (module === undefined || libraryFileOf(module) !== undefined) return false;
    const specifier = ts.isImportDeclaration(declaration as ts.Node) ? (declaration as ts.ImportDeclaration).moduleSpecifier : undefined;
    const target = specifier === undefined ? undefined : this.#checker.getSymbolAtLocation(specifier);
    if (target === undefined || ts.isImportClause(binder)) return true;
    const exported = this.#checker.getExportsOfModule(target).find(({ name }) => name === importedNameOf(binder as Specifier));
    return exported === undefined || libraryOf(exported) === undefined;
  }

  /** The new names of the names that `binder` binds. The first one takes over the alias. */
  #targetsOf(binder: ts.Node): string[] {
    const targets = new Set<string>();
    for (const [identifier, { binder: own }] of this.#names) {
      const target = own === binder ? this.#changed.get(identifier) : undefined;
      if (target !== undefined && target !== DROPPED) targets.add(target);
    }
    return [...targets];
  }

  /** Whether the name that `binder` binds is still used. Also true if it was never used. */
  #isKept(binder: Specifier): boolean {
    const uses = [...this.#names].filter(([identifier, { binder: own }]) => own === binder && identifier.parent !== binder);
    return uses.length === 0 || uses.some(([identifier]) => !this.#changed.has(identifier));
  }

  #entryOf(name: string, binder: Specifier | undefined): Entry {
    const isType = binder === undefined ? isTypeName(name) : ts.isImportSpecifier(binder) && binder.isTypeOnly;
    return { imported: name, local: this.localOf(name, binder), isType };
  }

  #finishGroup(group: Group, extra: Entry[]): void {
    const entries: Entry[] = [];
    let isChanged = false;
    for (const each of specifiersOf(group.list)) {
      const targets = this.#targetsOf(each);
      const kept: Entry = {
        imported: importedNameOf(each),
        local: localNameOf(each),
        isType: ts.isImportSpecifier(each) && each.isTypeOnly,
      };
      const isKept = this.#isKept(each);
      if (isKept) entries.push(kept);
      isChanged ||= targets.length > 0 || !isKept;
      for (const target of targets) entries.push(this.#entryOf(target, each));
    }
    const modules = new Map<string, Entry[]>();
    const main = this.#mainModule(group, entries);
    if (!group.isTypeOnly) {
      for (const entry of extra.splice(0)) {
        if (moduleFor(entry.imported, group.module, this.#prefer) === main && !entry.local.includes('.')) {
          isChanged ||= !entries.some(({ local }) => local === entry.local);
          entries.push(entry);
        } else extra.push(entry);
      }
    }
    if (!isChanged) return;
    if (entries.length === 0) {
      this.#rewriter.remove(statementOf(group.node));
      return;
    }
    for (const entry of merged(entries)) {
      const module = isShared(entry.imported, group.module) ? main : moduleFor(entry.imported, group.module, this.#prefer);
      modules.set(module, [...(modules.get(module) ?? []), entry]);
    }
    const own = modules.get(main) ?? [];
    modules.delete(main);
    if (/\/[/*]/.test(group.list.getText(this.#file))) this.#inPlace(group.list, own);
    else this.#rewriter.replace(group.list, () => listText(this.#file, group.list, own));
    const literal = literalOf(group.node);
    if (main !== group.module && literal !== undefined) this.#rewriter.replace(literal, () => this.#quoted(main));
    for (const [module, some] of modules) {
      const at = statementOf(group.node);
      this.#rewriter.after(at, () => lineEnd(this.#file) + declarationText(this.#file, module, some, group.isTypeOnly));
    }
  }

  /** Changes each name in place, because the list contains comments. New names come last. */
  #inPlace(list: ts.NamedImports | ts.ObjectBindingPattern, entries: readonly Entry[]): void {
    const as = ts.isNamedImports(list) ? ' as ' : ': ';
    const left = new Set(entries);
    const take = (isOurs: (entry: Entry) => boolean): Entry[] => {
      const taken = [...left].filter(isOurs);
      for (const entry of taken) left.delete(entry);
      return taken;
    };
    const specifiers = specifiersOf(list);
    const texts = specifiers.map((each) => {
      const targets = this.#targetsOf(each);
      const isOurs = ({ imported, local }: Entry) => targets.includes(imported) || (local === localNameOf(each) && this.#isKept(each));
      return take(isOurs).map((entry) => entryText(entry, as));
    });
    const added = [...left].map((entry) => entryText(entry, as));
    for (const [i, each] of specifiers.entries()) {
      const own = [...(texts[i] ?? []), ...(i === specifiers.length - 1 ? added : [])];
      // A removed name keeps its text: the name that replaces it may stand at another position.
      this.#rewriter.replace(each, () => (own.length > 0 ? own.join(', ') : each.getText(this.#file)));
    }
  }

  /** The module of the rewritten declaration. The current module stays if one of its names stays. */
  #mainModule(group: Group, entries: readonly Entry[]): string {
    if (group.module === 'twinpool') return group.module;
    const modules = entries
      .filter(({ imported }) => !isShared(imported, group.module))
      .map(({ imported }) => moduleFor(imported, group.module, this.#prefer));
    return modules.length === 0 || modules.includes(group.module) ? group.module : (modules[0] as string);
  }

  /** Removes the unused names from an import of piscina or workerpool. */
  #finishForeign(group: Group, _extra: Entry[]): void {
    const kept = specifiersOf(group.list).filter((each) => this.#isKept(each));
    if (kept.length === specifiersOf(group.list).length) return;
    if (kept.length > 0) {
      const entries = kept.map((each) => ({ imported: importedNameOf(each), local: localNameOf(each), isType: false }));
      this.#rewriter.replace(group.list, () => listText(this.#file, group.list, entries));
    } else if (!ts.isImportDeclaration(group.node) || group.node.importClause?.name === undefined)
      this.#rewriter.remove(statementOf(group.node));
  }

  #finishNamespaces(extra: Entry[]): void {
    for (const [module, identifier] of this.#namespaces) {
      if (!module.includes('/') || !libraryFileOf(module)?.endsWith('twinpool.d.ts')) continue;
      const uses = [...this.#names].filter(([each, { how }]) => how === 'member' && namespaceOf(each)?.text === identifier.text);
      const names = uses.map(([each, { name }]) => this.#changed.get(each) ?? name).concat(extra.map(({ imported }) => imported));
      const modules = new Set(names.filter((name) => !isShared(name, module)).map((name) => moduleFor(name, module, this.#prefer)));
      const [only] = modules;
      const literal = literalOf(identifier.parent);
      if (only === undefined || only === module || literal === undefined) continue;
      this.#rewriter.replace(literal, () => this.#quoted(modules.size === 1 ? only : 'twinpool'));
    }
  }

  /** Rewrites `export { Pool as Workers } from 'twinpool'`. The exported names stay. */
  #finishReexports(): void {
    for (const [node, name] of this.#reexports) {
      const module = (node.moduleSpecifier as ts.StringLiteral).text;
      const clause = node.exportClause as ts.NamedExports;
      const texts = clause.elements.map((element) => {
        const to = name.get(element) ?? importedNameOf(element);
        const as = element.name.text === to ? to : `${to} as ${element.name.text}`;
        return { to, text: element.isTypeOnly ? `type ${as}` : as };
      });
      const modules = new Set(texts.map(({ to }) => (isShared(to, module) ? undefined : moduleFor(to, module, this.#prefer))));
      modules.delete(undefined);
      const [only = module] = modules;
      this.#rewriter.replace(clause, () => `{ ${texts.map(({ text }) => text).join(', ')} }`);
      const target = modules.size > 1 ? 'twinpool' : only;
      if (target !== module) this.#rewriter.replace(node.moduleSpecifier as ts.Node, () => this.#quoted(target));
    }
  }

  readonly #reexports = new Map<ts.ExportDeclaration, Map<ts.ExportSpecifier, string>>();

  /** Makes a re-export refer to `name`. Its exported name stays. */
  changeReexport(specifier: ts.ExportSpecifier, name: string): void {
    const declaration = specifier.parent.parent;
    const changes = this.#reexports.get(declaration) ?? new Map<ts.ExportSpecifier, string>();
    changes.set(specifier, name);
    this.#reexports.set(declaration, changes);
  }

  /** Rewrites `export * from 'twinpool/pool'`. */
  changeStar(node: ts.ExportDeclaration, module: string): void {
    // Other files may import names that stay. `twinpool` exports the names of both facades.
    if (module.startsWith('twinpool/')) this.#rewriter.replace(node.moduleSpecifier as ts.Node, () => this.#quoted('twinpool'));
    else if (!this.#file.text.includes(`'${module}'`))
      this.#rewriter.after(node, () => `${lineEnd(this.#file)}export * from ${this.#quoted(module)}${terminator(this.#file)}`);
  }

  #addImports(entries: readonly Entry[], base: string): void {
    const modules = new Map<string, Entry[]>();
    for (const entry of entries) {
      const module = moduleFor(entry.imported, base, this.#prefer);
      modules.set(module, [...(modules.get(module) ?? []), entry]);
    }
    const [anchor] = [
      ...this.#groups.map(({ node }) => statementOf(node)),
      ...[...this.#namespaces.values()].map((node) => statementOf(node)),
    ];
    const imports = this.#file.statements.filter(ts.isImportDeclaration);
    const at =
      anchor ??
      imports.at(-1) ??
      this.#file.statements.filter((each) => /^(['"]use strict['"]|const [^=]*= require\()/.test(each.getText(this.#file))).at(-1);
    const isGone = anchor !== undefined && this.#rewriter.has(anchor) && this.#rewriter.print(anchor).startsWith('\0');
    for (const [module, some] of modules) {
      const text = declarationText(this.#file, module, some, false);
      if (isGone) this.#rewriter.replace(anchor as ts.Node, () => text);
      else if (at !== undefined) this.#rewriter.after(at, () => lineEnd(this.#file) + text);
      else if (this.#file.statements[0] !== undefined) this.#rewriter.before(this.#file.statements[0], () => text + lineEnd(this.#file));
    }
  }

  #quoted(module: string): string {
    const quote = quoteOf(this.#file);
    return quote + module + quote;
  }

  /** The text for an identifier. In an object literal, `{ Pool }` keeps its property name. */
  #shown(identifier: ts.Identifier, local: string): string {
    return ts.isShorthandPropertyAssignment(identifier.parent) && identifier.text !== local ? `${identifier.text}: ${local}` : local;
  }
}
