// A progress bar on standard error, drawn only where that is a terminal.
const WIDTH = 30;
/** Milliseconds between two drawings: drawing costs time that the workers' results wait for. */
const PERIOD = 100;

/**
 * @param {string} title
 * @param {number} total
 */
export function progressBar(title, total) {
  const { isTTY } = process.stderr;
  let drawn = 0;
  return {
    /** @param {number} done */
    update(done) {
      const now = performance.now();
      if (!isTTY || now - drawn < PERIOD) return;
      drawn = now;
      const filled = Math.round((done / total) * WIDTH);
      process.stderr.write(`\r${title} [${'#'.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done} of ${total}`);
    },
    end() {
      if (isTTY) process.stderr.write('\r\x1b[K');
    },
  };
}
