/** The CPU-bound half: HTML in, facts out. A worker loads this module and the parser, nothing else. */
import { type DefaultTreeAdapterTypes, parse } from 'parse5';

type Node = DefaultTreeAdapterTypes.Node;

export interface Page {
  readonly url: string;
  readonly html: string;
}

export interface Facts {
  readonly path: string;
  readonly title: string;
  readonly links: string[];
  readonly words: number;
}

/** One object in, so that `map` and `imap` can take it as it is. */
export function parsePage({ url, html }: Page): Facts {
  let title = '';
  let words = 0;
  const links: string[] = [];
  for (const node of walk(parse(html))) {
    if (node.nodeName === 'title') title = textOf(node);
    else if (node.nodeName === 'a' && 'attrs' in node) {
      const href = node.attrs.find(({ name }) => name === 'href')?.value;
      if (href !== undefined) links.push(new URL(href, url).pathname);
    } else if (node.nodeName === 'p') words += textOf(node).split(/\s+/).filter(Boolean).length;
  }
  return { path: new URL(url).pathname, title, links, words };
}

function* walk(node: Node): Generator<Node> {
  yield node;
  if ('childNodes' in node) for (const child of node.childNodes) yield* walk(child);
}

function textOf(node: Node): string {
  let text = '';
  for (const inner of walk(node)) if (inner.nodeName === '#text' && 'value' in inner) text += inner.value;
  return text;
}
