// Provides tasks that do almost nothing.

export function increment(x) {
  return x + 1;
}

export function wrap(value) {
  return { value };
}

export function echo(value) {
  return value;
}
