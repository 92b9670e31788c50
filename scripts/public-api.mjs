// The public names of each published package, read by the compiler from the declarations that its users get. Wants the packages built.
import ts from 'typescript-6.0';
import { packages, root } from './workspace.mjs';

/** Of each package the entries whose names are public. `@twinpool/core/facade` is for this project's own packages. */
const ENTRIES = {
  core: ['index', 'worker/index', 'testing'],
  pool: ['index'],
  executor: ['index'],
  adapters: ['index'],
  bullmq: ['index'],
  twinpool: ['index', 'pool', 'executor', 'adapters', 'core', 'worker', 'testing'],
};

/** By package: its entries, each with its exported symbols in alphabetical order, aliases resolved. */
export function publicApi() {
  const files = Object.entries(ENTRIES).flatMap(([folder, entries]) =>
    entries.map((entry) => `${root}packages/${folder}/dist/${entry}.d.ts`),
  );
  const program = ts.createProgram(files, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
  });
  const checker = program.getTypeChecker();
  const namesOfFolders = new Map(packages.map(({ folder, manifest }) => [folder, manifest.name]));
  const packageOf = (declaration) => namesOfFolders.get(/\/packages\/([\w-]+)\/dist\//.exec(declaration.getSourceFile().fileName)?.[1]);
  const api = Object.entries(ENTRIES).map(([folder, entries]) => ({
    folder,
    name: namesOfFolders.get(folder),
    entries: entries.map((entry) => {
      const module = checker.getSymbolAtLocation(program.getSourceFile(`${root}packages/${folder}/dist/${entry}.d.ts`));
      const exports = checker.getExportsOfModule(module).sort((a, b) => (a.name < b.name ? -1 : 1));
      const resolved = exports.map((symbol) => ({
        name: symbol.name,
        isTypeOnly: symbol.declarations.some((each) => ts.isExportSpecifier(each) && ts.isTypeOnlyImportOrExportDeclaration(each)),
        symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
      }));
      return { entry, exports: resolved.map((each) => ({ ...each, from: packageOf(each.symbol.declarations[0]) })) };
    }),
  }));
  return { api, checker, packageOf, ts };
}
