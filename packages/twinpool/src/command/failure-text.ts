/** Writes the line for a failed record: `{"index": n, "error": {"name", "message", "code"?}}`, or the value itself where no Error was thrown. */
import { types } from 'node:util';

export function failureText(index: number, thrown: unknown): string {
  return `{"index":${index},"error":${errorText(thrown)}}\n`;
}

function errorText(thrown: unknown): string {
  try {
    if (types.isNativeError(thrown) || thrown instanceof Error) {
      const { name, message, code } = thrown as NodeJS.ErrnoException;
      const isCode = typeof code === 'string' || typeof code === 'number';
      return JSON.stringify({ name: String(name), message: String(message), ...(isCode ? { code } : {}) });
    }
    return JSON.stringify(thrown) ?? 'null';
  } catch {
    // A BigInt, a cycle, or a getter that throws.
    return JSON.stringify(shown(thrown));
  }
}

function shown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return 'a value that cannot be shown';
  }
}
