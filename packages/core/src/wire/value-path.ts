/**
 * Writes the path from a value to a part of it, as an expression that a program could use: `.items[3].get("key").size`.
 *
 * This file does not know what is wrong with the part.
 */

/** The most characters of a path. A longer path is cut. */
const LONGEST_PATH = 500;

/**
 * The path through `nodes`, each of which is a child of the one before. `keys` are the names of a node's children (`undefined`: the children
 * are numbered), and `nexts` is the index of the child after the current one.
 */
export function pathThrough(nodes: readonly object[], keys: readonly (readonly string[] | undefined)[], nexts: readonly number[]): string {
  let path = '';
  for (let depth = 0; depth < nodes.length; depth++) {
    const node = nodes[depth] as object;
    const index = (nexts[depth] as number) - 1;
    const key = keys[depth]?.[index];
    if (node instanceof Entries) path += node.pathTo(index);
    else path += key === undefined ? `[${index}]` : keyText(key, node);
    if (path.length > LONGEST_PATH) return `${path.slice(0, LONGEST_PATH)}…`;
  }
  return path;
}

function keyText(key: string, node: object): string {
  if (/^\d+$/.test(key) && Array.isArray(node)) return `[${key}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** The keys and values of a Map in turn, or the values of a Set, as a list. */
export class Entries extends Array<unknown> {
  readonly #width: number = 1;

  constructor(width: number, entries: Iterable<readonly [unknown, unknown]>) {
    super();
    this.#width = width;
    for (const entry of entries) {
      this.push(entry[0]);
      if (width === 2) this.push(entry[1]);
    }
  }

  /** The path from the Map or Set to the item at `index` of this list. */
  pathTo(index: number): string {
    if (this.#width === 1) return `.values()[${index}]`;
    const entry = index >> 1;
    if (index % 2 === 0) return `.keys()[${entry}]`;
    const key = this[index - 1];
    return typeof key === 'string' || typeof key === 'number' ? `.get(${JSON.stringify(key)})` : `.values()[${entry}]`;
  }
}
