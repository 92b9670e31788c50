// Writes the public declarations of each package, without their comments, into api/<package>.api.d.ts, so that a review shows every change
// of the public API. Wants the packages built.
// Usage: node scripts/api-report.mjs [--check]     --check writes nothing, and fails where a file differs
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { publicApi } from './public-api.mjs';
import { conclude, root } from './workspace.mjs';

const { api, checker, packageOf, ts } = publicApi();
const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });
/** What users never have to name: parts of exported types, and the base class of Future. */
const INNER = new Set(['CheckedParts', 'Deferred', 'Unmatchable']);
const problems = [];

function textOf({ name, symbol, isTypeOnly }) {
  const declarations = symbol.declarations.map((declaration) => {
    const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
    return printer.printNode(ts.EmitHint.Unspecified, publicPart(node, isTypeOnly), node.getSourceFile());
  });
  const text = [...new Set(declarations)].join('\n');
  return symbol.name === name ? text : `${text}\nexport { ${symbol.name} as ${name} };`;
}

/** A class without what is private or protected, and without its constructor where the class is exported as a type only. */
function publicPart(node, isTypeOnly) {
  if (!ts.isClassDeclaration(node)) return node;
  const { modifiers, name, typeParameters, heritageClauses, members } = node;
  return ts.factory.updateClassDeclaration(
    node,
    modifiers,
    name,
    typeParameters,
    heritageClauses,
    members.filter((member) => isPublic(member, isTypeOnly)),
  );
}

function isPublic(member, isTypeOnly) {
  if (member.name !== undefined && ts.isPrivateIdentifier(member.name)) return false;
  if (isTypeOnly && ts.isConstructorDeclaration(member)) return false;
  return (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) === 0;
}

/** A user cannot name a type that is in a signature and not exported, nor emit declarations that need its name. */
function checkNamed({ folder, name, entries }) {
  // The adapters are used with both facades, which have the types of their signatures.
  const visible = folder === 'adapters' ? api : [{ entries }];
  const exported = new Set(visible.flatMap((each) => each.entries.flatMap(({ exports }) => exports.map(({ symbol }) => symbol))));
  for (const { exports } of entries) {
    for (const each of exports.filter(({ from }) => from === name)) {
      for (const declaration of each.symbol.declarations) visit(declaration, each, exported);
    }
  }
}

function visit(node, each, exported) {
  if (ts.isClassElement(node) && ts.isClassDeclaration(node.parent) && !isPublic(node, each.isTypeOnly)) return;
  const reference = ts.isTypeReferenceNode(node) ? node.typeName : ts.isExpressionWithTypeArguments(node) ? node.expression : undefined;
  let symbol = reference === undefined ? undefined : checker.getSymbolAtLocation(reference);
  if (symbol !== undefined && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declaration = symbol?.declarations?.[0];
  const isOurs = declaration !== undefined && !ts.isTypeParameterDeclaration(declaration) && packageOf(declaration) !== undefined;
  if (isOurs && !exported.has(symbol) && !INNER.has(symbol.name))
    problems.push(`${each.from}: ${symbol.name}, in the declaration of ${each.name}, is not exported`);
  ts.forEachChild(node, (child) => visit(child, each, exported));
}

function reportOf({ name, entries }) {
  const parts = entries.map(({ entry, exports }) => {
    const own = exports.filter(({ from }) => from === name).map(textOf);
    const reexports = [...groups(exports, name)].map(
      ([from, names]) => `export {\n${names.map((each) => `  ${each},\n`).join('')}} from '${from}';`,
    );
    return [`// ${entry === 'index' ? name : `${name}/${entry.replace(/\/index$/, '')}`}`, ...reexports, ...own].join('\n\n');
  });
  return `// The public API of ${name}. Written by \`node scripts/api-report.mjs\`: do not change it by hand.\n\n${parts.join('\n\n')}\n`;
}

/** What the package passes on, by where it is from. */
function groups(exports, name) {
  const others = new Map();
  for (const each of exports) if (each.from !== name) others.set(each.from, [...(others.get(each.from) ?? []), each.name]);
  return others;
}

if (!existsSync(`${root}api`)) mkdirSync(`${root}api`);
for (const each of api) {
  checkNamed(each);
  const file = `api/${each.folder}.api.d.ts`;
  const report = reportOf(each);
  if (process.argv.includes('--check')) {
    const committed = existsSync(root + file) ? readFileSync(root + file, 'utf8') : '';
    if (committed !== report) problems.push(`${file} is not what the packages declare: node scripts/api-report.mjs, and look at its diff`);
  } else writeFileSync(root + file, report);
}
conclude('api', problems, api.map(({ name }) => name).join(', '));
