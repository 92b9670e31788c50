/**
 * Builds a unified diff of two texts, line by line.
 *
 *   two texts -> common head and tail cut off -> shortest edit script (Myers) -> hunks with three lines of context
 *
 * It does not know about colours: the caller adds them.
 */

type Line = readonly [' ' | '-' | '+', string];

const CONTEXT = 3;
/** With more differences than this, the diff is one removed and one added block: the search is quadratic in the differences. */
const LIMIT = 2000;

/** Returns the lines of the diff, `---` and `+++` first. Equal texts have no lines. */
export function diff(path: string, before: string, after: string): string[] {
  if (before === after) return [];
  const script = edits(before.split('\n'), after.split('\n'));
  return [`--- a/${path}`, `+++ b/${path}`, ...hunks(script)];
}

function edits(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (lines: readonly string[]): Line[] => lines.map((line) => [' ', line]);
  const middle = shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return [...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))];
}

function shortest(a: readonly string[], b: readonly string[]): Line[] {
  const most = Math.min(a.length + b.length, LIMIT);
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let distance = 0; distance <= most; distance++) {
    trace.push(new Map(reach));
    for (let k = -distance; k <= distance; k += 2) {
      const isDown = k === -distance || (k !== distance && at(reach, k - 1) < at(reach, k + 1));
      let x = isDown ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
    reach = new Map(reach);
  }
  return [...a.map((line): Line => ['-', line]), ...b.map((line): Line => ['+', line])];
}

function at(reach: ReadonlyMap<number, number>, k: number): number {
  return reach.get(k) ?? -1;
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly ReadonlyMap<number, number>[]): Line[] {
  const lines: Line[] = [];
  let x = a.length;
  let y = b.length;
  for (let distance = trace.length - 1; distance >= 0; distance--) {
    const reach = trace[distance] as ReadonlyMap<number, number>;
    const k = x - y;
    const isDown = k === -distance || (k !== distance && at(reach, k - 1) < at(reach, k + 1));
    const fromX = distance === 0 ? 0 : at(reach, isDown ? k + 1 : k - 1);
    const fromY = distance === 0 ? 0 : fromX - (isDown ? k + 1 : k - 1);
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      lines.push([' ', a[x] as string]);
    }
    if (distance === 0) break;
    if (isDown) {
      y -= 1;
      lines.push(['+', b[y] as string]);
    } else {
      x -= 1;
      lines.push(['-', a[x] as string]);
    }
  }
  return lines.reverse();
}

function hunks(script: readonly Line[]): string[] {
  const lines: string[] = [];
  let oldLine = 1;
  let newLine = 1;
  let i = 0;
  while (i < script.length) {
    if (script[i]?.[0] === ' ') {
      oldLine += 1;
      newLine += 1;
      i += 1;
      continue;
    }
    let end = i;
    for (let gap = 0, j = i; j < script.length && gap <= 2 * CONTEXT; j++) {
      if (script[j]?.[0] === ' ') gap += 1;
      else {
        gap = 0;
        end = j;
      }
    }
    const start = Math.max(0, i - CONTEXT);
    const hunk = script.slice(start, Math.min(script.length, end + CONTEXT + 1));
    const lead = i - start;
    const count = (sign: '-' | '+') => hunk.filter(([own]) => own === ' ' || own === sign).length;
    lines.push(`@@ -${oldLine - lead},${count('-')} +${newLine - lead},${count('+')} @@`, ...hunk.map(([sign, text]) => sign + text));
    for (const [sign] of script.slice(i, start + hunk.length)) {
      if (sign !== '+') oldLine += 1;
      if (sign !== '-') newLine += 1;
    }
    i = start + hunk.length;
  }
  return lines;
}
