/**
 * Text out of a syntax tree, the author's wherever nothing was replaced.
 *
 * Decides only how replaced nodes and untouched ones are put together: every character between the nodes stays. A replacement is a function,
 * called when the text is made, so that replacements nest and may depend on what was decided after them.
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

  /** The last word on a node counts. */
  replace(node: ts.Node, printer: Printer): void {
    this.#replaced.set(node, printer);
  }

  /** Takes a statement out, with its line. */
  remove(node: ts.Node): void {
    this.#replaced.set(node, () => REMOVED);
  }

  before(node: ts.Node, printer: Printer): void {
    push(this.#before, node, printer);
  }

  after(node: ts.Node, printer: Printer): void {
    push(this.#after, node, printer);
  }

  /** What stands for the node now, without the comments and spaces before it. */
  print(node: ts.Node): string {
    const before = this.#before.get(node)?.map((each) => each()) ?? [];
    const after = this.#after.get(node)?.map((each) => each()) ?? [];
    const own = this.#replaced.get(node)?.() ?? this.printInside(node);
    return [...before, own, ...after].join('');
  }

  /** As `print`, but nothing that was said of the node itself counts, only what was said of the nodes in it. */
  printInside(node: ts.Node): string {
    const file = node.getSourceFile();
    const from = ts.isSourceFile(node) ? 0 : node.getStart(file);
    return this.printRange(file, from, node.end, childrenOf(node));
  }

  /** The text of a range, with what became of the given nodes in it. */
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

/** One step of the file's indentation. */
export function indentStep(file: ts.SourceFile): string {
  return /\n(\t| {2,})(?=[^\s*])/.exec(file.text)?.[1] ?? '  ';
}

/** The file's way to end a statement. */
export function terminator(file: ts.SourceFile): string {
  const statement = file.statements.find((each) => !ts.isFunctionDeclaration(each) && !ts.isClassDeclaration(each) && !ts.isBlock(each));
  return statement === undefined || file.text[statement.end - 1] === ';' || !file.text.includes('\n') ? ';' : '';
}

/** The file's line ends. */
export function lineEnd(file: ts.SourceFile): string {
  return file.text.includes('\r\n') ? '\r\n' : '\n';
}

/** The quote that the file's strings have. */
export function quoteOf(file: ts.SourceFile): string {
  const first = /(?:from|require\(|import)\s*(['"])/.exec(file.text)?.[1];
  return first ?? "'";
}
