/**
 * Collects edits of a syntax tree and prints the text with these edits.
 *
 *   replace(), remove(), before(), after() -> print(): the source text, with the printed edits in place of the nodes
 *
 * Invariants: every character between edited nodes stays. A replacement is a function that runs when the text is printed, so replacements nest
 * and may depend on later edits. The rewriter does not know what the edits mean.
 */
import ts from 'typescript';

type Printer = () => string;

export class Rewriter {
  readonly #replaced = new Map<ts.Node, Printer>();
  readonly #before = new Map<ts.Node, Printer[]>();
  readonly #after = new Map<ts.Node, Printer[]>();

  get isEmpty(): boolean {
    return this.#replaced.size + this.#before.size + this.#after.size === 0;
  }

  has(node: ts.Node): boolean {
    return this.#replaced.has(node);
  }

  /** Replaces a node. A later replacement of the same node wins. */
  replace(node: ts.Node, printer: Printer): void {
    this.#replaced.set(node, printer);
  }

  /** Removes a statement and its line. */
  remove(node: ts.Node): void {
    this.#replaced.set(node, () => REMOVED);
  }

  before(node: ts.Node, printer: Printer): void {
    push(this.#before, node, printer);
  }

  after(node: ts.Node, printer: Printer): void {
    push(this.#after, node, printer);
  }

  /** Prints a node with all edits, without the comments and white space before it. */
  print(node: ts.Node): string {
    const before = this.#before.get(node)?.map((each) => each()) ?? [];
    const after = this.#after.get(node)?.map((each) => each()) ?? [];
    const own = this.#replaced.get(node)?.() ?? this.printInside(node);
    return [...before, own, ...after].join('');
  }

  /** Prints a node with the edits of the nodes inside it, but without the edits of the node itself. */
  printInside(node: ts.Node): string {
    const file = node.getSourceFile();
    const from = ts.isSourceFile(node) ? 0 : node.getStart(file);
    return this.printRange(file, from, node.end, childrenOf(node));
  }

  /** Prints a range of the source, with the edits of the given nodes. */
  printRange(file: ts.SourceFile, from: number, to: number, nodes: readonly ts.Node[]): string {
    const parts: string[] = [];
    let at = from;
    for (const child of nodes) {
      const start = child.getStart(file);
      if (start < at || child.end > to) continue;
      const text = this.print(child);
      const gap = file.text.slice(at, start);
      if (text === REMOVED) parts.push(gap.replace(/\r?\n[ \t]*$/, ''));
      else parts.push(gap, text);
      at = child.end;
    }
    parts.push(file.text.slice(at, to));
    return parts.join('');
  }
}

const REMOVED = '\0removed';

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

function childrenOf(node: ts.Node): ts.Node[] {
  const children: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    children.push(child);
  });
  return children.sort((a, b) => a.pos - b.pos);
}

/** The white space at the beginning of the line in which a node starts. */
export function indentOf(node: ts.Node): string {
  const file = node.getSourceFile();
  const start = node.getStart(file);
  const line = file.text.lastIndexOf('\n', start - 1) + 1;
  return /^[ \t]*/.exec(file.text.slice(line, start))?.[0] ?? '';
}

/** One level of indentation in the file. */
export function indentStep(file: ts.SourceFile): string {
  return /\n(\t| {2,})(?=[^\s*])/.exec(file.text)?.[1] ?? '  ';
}

/** What ends a statement in the file: `;` or nothing. */
export function terminator(file: ts.SourceFile): string {
  const statement = file.statements.find((each) => !ts.isFunctionDeclaration(each) && !ts.isClassDeclaration(each) && !ts.isBlock(each));
  // A semicolon at the beginning of the next line does not end the lines of the file.
  return statement === undefined || /\S;$/.test(file.text.slice(statement.pos, statement.end)) || !file.text.includes('\n') ? ';' : '';
}

/** The line end of the file. */
export function lineEnd(file: ts.SourceFile): string {
  return file.text.includes('\r\n') ? '\r\n' : '\n';
}

/** The quote character of the file's strings. */
export function quoteOf(file: ts.SourceFile): string {
  const first = /(?:from|require\(|import)\s*(['"])/.exec(file.text)?.[1];
  return first ?? "'";
}
