/** Finds the name that the user probably meant, for messages about an unknown option or command. */

/** Returns the letters and digits of a name, without case and separators. */
function letters(name: string): string {
  return name.toLowerCase().replace(/[^a-z\d]/g, '');
}

/** `maxWorkers` and `max_workers` are the same. */
export function isSameName(a: string, b: string): boolean {
  return letters(a) === letters(b);
}

/** Returns how many letters must be inserted, removed, changed or exchanged with their neighbour to make `a` from `b` (Damerau-Levenshtein). */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(change, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] as number) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return last[b.length] as number;
}

/** Returns the nearest of `names` that differs from `name` in at most a third of its letters; `undefined` if none does. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = letters(name);
  let found: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  // A longer name is not a slip of the keyboard, and the comparison would take long.
  if (wanted === '' || wanted.length > 64) return undefined;
  for (const each of names) {
    const away = distance(wanted, letters(each));
    if (away < least && away <= Math.floor(Math.min(wanted.length, each.length) / 3)) {
      least = away;
      found = each;
    }
  }
  return found;
}
