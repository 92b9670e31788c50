/** Each worker has this module, and its variable, for itself. */
let known = new Set();

/** @param {readonly string[]} words */
export function learn(words) {
  known = new Set(words);
}

/** @param {string} word */
export function knows(word) {
  return known.has(word);
}
