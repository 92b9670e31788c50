// Checks that a value comes out of JSON as it went in, for the bare loop that sends checked JSON.

/** Returns true if the value has only strings, booleans, null, finite numbers without -0, and plain objects and lists of those, each of them once. */
export function isExactJson(value, seen = new Set()) {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || isExactObject(value, seen);
    default:
      return false;
  }
}

function isExactObject(value, seen) {
  if (seen.has(value)) return false;
  seen.add(value);
  if (Array.isArray(value)) return value.every((item) => isExactJson(item, seen)) && Object.keys(value).length === value.length;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype || typeof value.toJSON === 'function' || Object.hasOwn(value, '__proto__')) return false;
  for (const key of Object.keys(value)) if (!isExactJson(value[key], seen)) return false;
  return true;
}
