/** How many primes there are below `n`, the slow way. */
export function countPrimes(n: number): number {
  let count = 0;
  candidates: for (let i = 2; i < n; i++) {
    for (let k = 2; k * k <= i; k++) if (i % k === 0) continue candidates;
    count += 1;
  }
  return count;
}
