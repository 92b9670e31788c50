/**
 * What the plugin changes in sources: a task module registers its exports where it runs, and a `taskRef` names the output file of its module.
 *
 * Code is added behind the source or to its first line, and what is replaced lies in one line, so that the lines of the rest stay.
 */

import { basename } from 'node:path';
import MagicString, { type SourceMap } from 'magic-string';
import { type Program, parseSync, Visitor } from 'oxc-parser';
import { placeholder } from './output-url.ts';

export interface Transformed {
  readonly code: string;
  readonly map: SourceMap;
  /** For the build's log. */
  readonly warnings: readonly string[];
}

export interface ModuleContext {
  /** The id of the file when it is a task module. */
  readonly id: string | undefined;
  /** The id of the task module that a relative specifier of this file names; `undefined` when it names none. */
  readonly idOfReference: (specifier: string) => string | undefined;
  /** What the added code imports `register` from. */
  readonly registerFrom: string;
}

/** `undefined` when nothing is to be changed. */
export function transformModule(code: string, file: string, { id, idOfReference, registerFrom }: ModuleContext): Transformed | undefined {
  if (id === undefined && !code.includes('taskRef')) return undefined;
  const { program, module, errors } = parseSync(file, code, { lang: languageOf(file), astType: 'js' });
  // The bundler reports it better.
  if (errors.length > 0 && program.body.length === 0) return undefined;
  const text = new MagicString(code);
  replaceReferences(program, text, idOfReference);
  const warnings: string[] = [];
  if (id !== undefined) {
    blankDirective(program, text);
    const url = placeholder(id);
    if (module.hasModuleSyntax) {
      const from = JSON.stringify(registerFrom);
      const self = JSON.stringify(`./${basename(file)}`);
      text.append(
        `\n// @ts-ignore\nimport { register as __twinpoolRegister } from ${from};\n// @ts-ignore\nimport * as __twinpoolTasks from ${self};\n`,
      );
      // First of all: the module may pass its functions while it is still being evaluated. Then its namespace may not be there yet (Rollup).
      text.appendLeft(startOf(program, code), `;__twinpoolRegister(${url}, () => __twinpoolTasks);`);
    } else {
      text.append(`\n;require(${JSON.stringify(registerFrom)}).register(${url}, { 'module.exports': module.exports });\n`);
    }
    if (!mayExportFunctions(program, module.hasModuleSyntax, code)) {
      warnings.push(`the task module ${file} exports no function`);
    }
  }
  return text.hasChanged()
    ? { code: text.toString(), map: text.generateMap({ source: file, hires: true, includeContent: true }), warnings }
    : undefined;
}

function languageOf(file: string): 'ts' | 'tsx' | 'jsx' {
  return /\.tsx$/.test(file) ? 'tsx' : /\.[cm]?ts$/.test(file) ? 'ts' : 'jsx';
}

type Node = Program['body'][number];

/** Behind the hashbang and the directives. */
function startOf(program: Program, code: string): number {
  const directives = program.body.filter(
    (statement) => statement.type === 'ExpressionStatement' && typeof statement.directive === 'string',
  );
  return directives.at(-1)?.end ?? /^#!.*\n?/.exec(code)?.[0].length ?? 0;
}

/** A bundler warns of directives that it does not know. */
function blankDirective(program: Program, text: MagicString): void {
  for (const statement of program.body) {
    if (statement.type !== 'ExpressionStatement' || !('directive' in statement) || typeof statement.directive !== 'string') return;
    if (statement.directive === 'use tasks') text.overwrite(statement.start, statement.end, ' '.repeat(statement.end - statement.start));
  }
}

/** `taskRef(new URL('./x.js', import.meta.url), …)`. */
function replaceReferences(program: Program, text: MagicString, idOfReference: (specifier: string) => string | undefined): void {
  new Visitor({
    CallExpression({ callee, arguments: [target] }) {
      const name =
        callee.type === 'Identifier'
          ? callee.name
          : callee.type === 'MemberExpression' && callee.property.type === 'Identifier'
            ? callee.property.name
            : '';
      if (name !== 'taskRef' || target?.type !== 'NewExpression') return;
      const [specifier, base] = target.arguments;
      if (
        target.callee.type !== 'Identifier' ||
        target.callee.name !== 'URL' ||
        specifier?.type !== 'Literal' ||
        typeof specifier.value !== 'string'
      )
        return;
      if (base?.type !== 'MemberExpression' || text.original.slice(base.start, base.end).replace(/\s/g, '') !== 'import.meta.url') return;
      const id = idOfReference(specifier.value);
      if (id !== undefined) text.overwrite(target.start, target.end, placeholder(id));
    },
  }).visit(program);
}

/** Whether some export can be a function, as far as syntax tells. */
function mayExportFunctions(program: Program, isModule: boolean, code: string): boolean {
  if (!isModule) return /\bexports\b/.test(code);
  const plain = new Set<string>();
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of declaration.declarations) if (id.type === 'Identifier' && isPlain(init)) plain.add(id.name);
  }
  return program.body.some((statement) => mayExport(statement, plain));
}

function mayExport(statement: Node, plain: ReadonlySet<string>): boolean {
  switch (statement.type) {
    case 'ExportAllDeclaration':
      return statement.exportKind !== 'type';
    case 'ExportDefaultDeclaration':
      return !isPlain(statement.declaration) && statement.declaration.type !== 'TSInterfaceDeclaration';
    case 'ExportNamedDeclaration': {
      if (statement.exportKind === 'type') return false;
      const { declaration, specifiers } = statement;
      if (declaration?.type === 'VariableDeclaration') return declaration.declarations.some(({ init }) => !isPlain(init));
      if (declaration !== null) return declaration.type === 'FunctionDeclaration' || declaration.type === 'ClassDeclaration';
      return specifiers.some(({ local }) => local.type !== 'Identifier' || !plain.has(local.name));
    }
    default:
      return false;
  }
}

function isPlain(value: { readonly type: string } | null): boolean {
  return value === null || ['Literal', 'TemplateLiteral', 'ArrayExpression'].includes(value.type);
}
