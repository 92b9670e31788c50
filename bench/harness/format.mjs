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
  if (value >= 1) return value.toFixed(2);
  return value >= 0.01 || value === 0 ? value.toFixed(3) : Number(value.toPrecision(2)).toString();
}

/** A figure with its unit: "1.23 M/s", "12 ms" for 12 000 µs. */
export function quantity(value, unit) {
  if (unit === 'µs' && value >= 10_000) return quantity(value / 1_000, 'ms');
  return unit.startsWith('/') ? figure(value) + unit : `${figure(value)} ${unit}`;
}

/** How many times as fast; what is hardly anything as a fraction: 0.0012 -> "1/833". */
export function gain(ratio) {
  return ratio >= 0.1 ? figure(ratio) : `1/${figure(1 / ratio)}`;
}

export function range({ median, min, max }) {
  return `${figure(median)} (${figure(min)}-${figure(max)})`;
}
