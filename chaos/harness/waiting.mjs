// Waits with a time limit.

export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves with true as soon as `condition` holds, with false after `ms`. */
export async function until(condition, ms) {
  for (const end = performance.now() + ms; !condition(); await pause(2)) if (performance.now() > end) return false;
  return true;
}

/** Resolves with { ok, value | error, after } of a promise, with `undefined` if the promise is pending after `ms`. */
export async function settledWithin(promise, ms) {
  const began = performance.now();
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  const outcome = await Promise.race([
    promise.then(
      (value) => ({ ok: true, value, after: performance.now() - began }),
      (error) => ({ ok: false, error, after: performance.now() - began }),
    ),
    late,
  ]);
  clearTimeout(timer);
  return outcome;
}
