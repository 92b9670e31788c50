// Makes a large input on first use: only in the process that needs it, not in every process that loads the question.
export function lazily(make) {
  const made = [];
  return () => {
    if (made.length === 0) made.push(make());
    return made[0];
  };
}
