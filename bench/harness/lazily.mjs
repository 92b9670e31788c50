// Big inputs are made in the process that needs them, not wherever a question is read.
export function lazily(make) {
  const made = [];
  return () => {
    if (made.length === 0) made.push(make());
    return made[0];
  };
}
