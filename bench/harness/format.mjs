// Formats figures for people.

/** Returns three significant digits: 1 234 567 -> "1.23 M", 0.0123 -> "0.012", -52.9 -> "-52.9". */
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

/** Returns a figure with its unit: "1.23 M/s", "12 ms" for 12 000 µs. */
export function quantity(value, unit) {
  if (unit === 'µs' && value >= 10_000) return quantity(value / 1_000, 'ms');
  return unit.startsWith('/') ? figure(value) + unit : `${figure(value)} ${unit}`;
}

/** Returns the least and the most in the unit in which `quantity` writes their median: "109 - 184" for a median of 132 000 µs. */
export function extremes({ median, min, max }, unit, dash = '-') {
  const scale = unit === 'µs' && median >= 10_000 ? 1_000 : 1;
  return `${figure(min / scale)} ${dash} ${figure(max / scale)}`;
}

/** Returns a speed-up; a very small one as a fraction: 0.0012 -> "1/833". */
export function gain(ratio) {
  return ratio >= 0.1 ? figure(ratio) : `1/${figure(1 / ratio)}`;
}

/** Returns the median with the least and the most of the rounds: "5.00 (4.10-6.20)", with a negative figure "-5.00 (-6.20 to 1.30)". */
export function range({ median, min, max }, dash = '-') {
  return `${figure(median)} (${figure(min)}${min < 0 ? ' to ' : dash}${figure(max)})`;
}
