/**
 * Reads the source text of a function: the names that it needs from outside, its form, and the edits that make it an expression.
 *
 *   text --parse--> tree --scope analysis--> undeclared identifiers --> global of a worker | added by a tool | free name
 *                      '--walk-------------> `this`, `super`, private names, imports
 *
 * Offsets count from the start of the function's text.
 * This file does not know where the text comes from, and what follows from a free name.
 */

import { type AnyNode, children, identifierName, isFunctionNode, isNode, parse, syntaxLibraries, undeclaredIn } from '../syntax.ts';
import { isWorkerGlobal } from './worker-globals.ts';

export interface FreeName {
  readonly name: string;
  readonly offset: number;
  /** The kind of name. It changes the advice in the error message. */
  readonly kind: 'variable' | 'not the global' | 'syntax' | 'relative import' | 'compiler helper';
}

/** A replacement in the function's text. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface FunctionSyntax {
  /** The wrapping that makes the text an expression. */
  readonly form: 'expression' | 'method' | 'getter' | 'setter';
  /** The text was parsed as strict code. */
  readonly strict: boolean;
  /** The offset at which V8 locates the function: its parameters; the first character of an arrow function. */
  readonly anchor: number;
  readonly free: readonly FreeName[];
  /** Globals that the function uses, with their offsets. A name counts as a global only if no scope around the function has it. */
  readonly globals: ReadonlyMap<string, number>;
  readonly imports: boolean;
  /** The function uses something that differs between strict and sloppy code: `this` of a function in it, or `arguments`. */
  readonly usesMode: boolean;
  readonly identities: readonly string[];
  readonly counters: readonly string[];
  readonly edits: readonly Edit[];
}

/** Calls that tools add without effect on the result: `__name` of esbuild, the counters of istanbul (`cov_1x2y().s[0]++`). */
const IDENTITY = '__name';
const COUNTER = /^cov_\w+$/;
const COUNTED: ReadonlySet<unknown> = new Set(['s', 'f', 'b']);
/** Helpers that compilers add for older targets. Except for tslib, each begins with one or two underscores. */
const HELPERS: readonly RegExp[] = [
  /^tslib(?:_\d+)?$/,
  // TypeScript and esbuild
  /^__(?:awaiter|generator|rest|spread\w*|assign|values|read|await|async\w*|forAwait|yieldStar|using|callDispose|objRest|pow|template)$/,
  /^__(?:extends|makeTemplateObject|decorate\w*|esDecorate|runInitializers|param|metadata|propKey|setFunctionName|publicField)$/,
  /^__(?:private\w+|classPrivateField\w+|addDisposableResource|disposeResources|toESM|toCommonJS|require|import\w+|export\w*)$/,
  // swc and babel
  /^_?(?:regenerator\w*)$/,
  /^_(?:async_?to_?generator|async_?iterator|\w*async_?generator|object_?spread\w*|object_?without\w*|sliced_?to_?array)$/i,
  /^_(?:to_?consumable_?array|define_?property|class_?private\w+|class_?call_?check|create_?class|ts_?\w+|call_?super)$/i,
  /^_(?:interop_?require\w+|extends|inherits|tagged_?template_?literal)$/i,
];
/** The names that vite and vitest write for an imported module, for `import()` and for `import.meta`. */
const VITE_IMPORT = /^__(?:vite_ssr|vi)_import_\d+__$/;
const VITE_DYNAMIC = '__vite_ssr_dynamic_import__';
const VITE_META = '__vite_ssr_import_meta__';

/** Reads the text of a function. `strict`: the mode of the code around it, `undefined` if unknown. Returns `undefined` if the text cannot be parsed. */
export function readFunction(text: string, strict: boolean | undefined): FunctionSyntax | undefined {
  for (const isStrict of strict === undefined ? [true, false] : [strict]) {
    for (const [before, after] of [
      ['(', ')'],
      ['({', '})'],
    ] as const) {
      const program = parse(before + text + after, isStrict);
      const root = program && functionIn(program);
      if (program !== undefined && root !== undefined) return new Reader(text, before.length, isStrict).read(program, root);
    }
  }
  return undefined;
}

interface Root {
  /** The function, and the property that holds it when it is a method. */
  readonly fn: AnyNode;
  readonly property: AnyNode | undefined;
}

/** Returns the function of `(text)` or `({text})`, `undefined` for any other program. */
function functionIn(program: AnyNode): Root | undefined {
  const [statement, ...rest] = Array.isArray(program.body) ? program.body : [];
  if (!isNode(statement) || rest.length > 0 || !isNode(statement.expression)) return undefined;
  const expression = statement.expression;
  if (isFunctionNode(expression)) return { fn: expression, property: undefined };
  const [property, ...others] = Array.isArray(expression.properties) ? expression.properties : [];
  const fn = isNode(property) ? property.value : undefined;
  return others.length === 0 && isNode(property) && isNode(fn) && isFunctionNode(fn) ? { fn, property } : undefined;
}

class Reader {
  readonly #text: string;
  readonly #shift: number;
  readonly #strict: boolean;
  readonly #free = new Map<string, FreeName>();
  readonly #globals = new Map<string, number>();
  readonly #identities = new Set<string>();
  readonly #counters = new Set<string>();
  readonly #edits: Edit[] = [];
  /** Nodes by position: `x` of `typeof x`, of `x()`, of `x.y` (with its y), and `x.y` of `(0, x.y)`. */
  readonly #inTypeof = new Set<unknown>();
  readonly #callees = new Set<unknown>();
  readonly #counterCallees = new Set<unknown>();
  readonly #members = new Map<unknown, { readonly name: string; readonly whole: AnyNode }>();
  readonly #inSequence = new Set<unknown>();
  #imports = false;
  #usesMode = false;

  constructor(text: string, shift: number, strict: boolean) {
    this.#text = text;
    this.#shift = shift;
    this.#strict = strict;
  }

  read(program: AnyNode, { fn, property }: Root): FunctionSyntax {
    const kind = property?.kind;
    const form = property === undefined ? 'expression' : kind === 'get' ? 'getter' : kind === 'set' ? 'setter' : 'method';
    this.#walk(fn, fn.type === 'ArrowFunctionExpression' ? 'arrow' : 'function', false);
    // A computed key was evaluated when the method was made. Any other key serves here.
    const key = property?.key;
    const computed = property?.computed === true && isNode(key) ? key : undefined;
    if (computed !== undefined) this.#replaceKey(computed);
    for (const identifier of undeclaredIn(program, this.#strict)) {
      if (computed === undefined || !isInside(identifier, computed)) this.#classify(identifier);
    }
    return {
      form,
      strict: this.#strict,
      anchor: this.#anchor(fn),
      free: [...this.#free.values()].sort((a, b) => a.offset - b.offset),
      globals: this.#globals,
      imports: this.#imports,
      usesMode: this.#usesMode,
      identities: [...this.#identities],
      counters: [...this.#counters],
      edits: this.#edits,
    };
  }

  /** Notes what scope analysis does not report: `this`, `super`, private names, imports. `own`: the function to which `this` belongs. */
  #walk(node: AnyNode, own: 'arrow' | 'function' | 'nested', inClass: boolean): void {
    this.#note(node, own, inClass);
    for (const child of children(node)) {
      let childOwn = own;
      if (node !== child && isFunctionNode(child) && child.type !== 'ArrowFunctionExpression') childOwn = 'nested';
      // Field values and static blocks have a `this` of their own; computed keys do not.
      if (node.type === 'StaticBlock' || (node.type === 'PropertyDefinition' && child === node.value)) childOwn = 'nested';
      this.#walk(child, childOwn, inClass || child.type === 'ClassBody');
    }
  }

  #note(node: AnyNode, own: 'arrow' | 'function' | 'nested', inClass: boolean): void {
    switch (node.type) {
      case 'Identifier':
        if (node.name === 'arguments') this.#usesMode = true;
        return;
      case 'ThisExpression':
        this.#usesMode = true;
        if (own !== 'nested') this.#add('this', node, 'syntax');
        return;
      case 'Super':
        if (!inClass && own !== 'nested') this.#add('super', node, 'syntax');
        return;
      case 'PrivateIdentifier':
        if (!inClass) this.#add(`#${String(node.name)}`, node, 'syntax');
        return;
      case 'MetaProperty':
        if (identifierName(node.meta) === 'import') this.#add('import.meta', node, 'syntax');
        else if (own === 'arrow') this.#add('new.target', node, 'syntax');
        return;
      case 'UnaryExpression':
        if (node.operator === 'typeof') this.#inTypeof.add(node.argument);
        return;
      case 'MemberExpression':
        if (node.computed !== true) this.#member(node);
        return;
      case 'SequenceExpression':
        for (const part of children(node)) this.#inSequence.add(part);
        return;
      case 'CallExpression':
        this.#callees.add(node.callee);
        if (identifierName(node.callee) === VITE_DYNAMIC && Array.isArray(node.arguments)) this.#importOf(node, node.arguments[0]);
        return;
      case 'ImportExpression':
        this.#importOf(node, node.source);
    }
  }

  #member(node: AnyNode): void {
    const { object, property } = node;
    const name = identifierName(property) ?? '';
    this.#members.set(object, { name, whole: node });
    if (!isNode(object) || object.type !== 'CallExpression' || !COUNTED.has(name)) return;
    if (COUNTER.test(identifierName(object.callee) ?? '')) this.#counterCallees.add(object.callee);
  }

  /** `import(x)`: the specifier must mean the same module in a worker. A relative one needs a file (vite writes it with '/'). */
  #importOf(node: AnyNode, source: unknown): void {
    this.#imports = true;
    if (!isNode(source)) return;
    const specifier = source.value;
    if (typeof specifier !== 'string') {
      this.#edit(source.start, source.start, '__twinpoolSpecifier((');
      this.#edit(source.end, source.end, '))');
    } else if (/^\.{0,2}\/|^\.{1,2}$/.test(specifier)) {
      this.#add(`import('${specifier}')`, node, 'relative import');
    }
  }

  #classify(identifier: AnyNode): void {
    const name = identifierName(identifier) ?? '';
    const { start } = identifier;
    if (name === IDENTITY && this.#callees.has(identifier)) this.#identities.add(name);
    else if (this.#counterCallees.has(identifier)) this.#counters.add(name);
    else if (name === VITE_DYNAMIC && this.#callees.has(identifier)) this.#edit(start, start + name.length, 'import');
    else if (name === VITE_META) this.#add('import.meta', identifier, 'syntax');
    else if (isWorkerGlobal(name)) {
      if (!this.#globals.has(name)) this.#globals.set(name, start - this.#shift);
    } else if (this.#inTypeof.has(identifier)) this.#globals.set(name, start - this.#shift);
    else if (HELPERS.some((helper) => helper.test(name))) this.#add(name, identifier, 'compiler helper');
    else this.#add(this.#originalName(name, identifier), identifier, 'variable');
  }

  /** Returns the name in the written source, if a compiler turned an import or export into a property: `(0, tasks_js_1.x)()`. */
  #originalName(name: string, identifier: unknown): string {
    const member = this.#members.get(identifier);
    if (member === undefined || member.name === '') return name;
    const renamed = VITE_IMPORT.test(name) || name === 'exports' || (/_/.test(name) && this.#inSequence.has(member.whole));
    return renamed ? member.name : name;
  }

  #add(name: string, node: AnyNode, kind: FreeName['kind']): void {
    const offset = node.start - this.#shift;
    if (!this.#free.has(name)) this.#free.set(name, { name, offset, kind });
  }

  #edit(start: number, end: number, text: string): void {
    this.#edits.push({ start: start - this.#shift, end: end - this.#shift, text });
  }

  #replaceKey(key: AnyNode): void {
    const open = this.#text.lastIndexOf('[', key.start - this.#shift - 1);
    const close = this.#text.indexOf(']', key.end - this.#shift);
    this.#edits.push({ start: open, end: close + 1, text: 'task' });
  }

  /** The parenthesis of the parameters, where V8 locates a function. A comment before it may have one too, so the tokens are read. */
  #anchor(fn: AnyNode): number {
    if (fn.type === 'ArrowFunctionExpression') return 0;
    const id = fn.id;
    const from = (isNode(id) ? id.end : fn.start) - this.#shift;
    try {
      for (const token of syntaxLibraries().tokenizer(this.#text.slice(from), { ecmaVersion: 'latest' })) {
        if (token.type.label === '(') return from + token.start;
      }
    } catch {
      // The tokens cannot be read: the start of the function is near enough.
    }
    return from;
  }
}

function isInside({ start, end }: AnyNode, outer: AnyNode): boolean {
  return start >= outer.start && end <= outer.end;
}
