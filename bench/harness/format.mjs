// Figures as people read them.

/** Three digits that count: 1 234 567 -> "1.23 M", 0.0123 -> "0.012". */
export function figure(value) {
  for (const [size, suffix] of [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e4, ' k'],
  ]) {
    if (value >= size) return digits(suffix === ' k' ? value / 1e3 : value / size) + suffix;
  }
  return digits(value);
}

function digits(value) {
  if (value < 0) return `-${digits(-value)}`;
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

export function range({ median, min, max }) {
  return `${figure(median)} (${figure(min)}-${figure(max)})`;
}
