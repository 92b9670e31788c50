/** Returns a value as a short text for the message of an error. It runs no code of the value's class. */
import { inspect } from 'node:util';

/** The most characters of the text. */
const LONGEST_TEXT = 200;

export function shownValue(value: unknown): string {
  try {
    const text = inspect(value, { depth: 0, customInspect: false, maxArrayLength: 3, maxStringLength: 100, breakLength: Infinity });
    return text.slice(0, LONGEST_TEXT);
  } catch {
    return 'a value that cannot be shown';
  }
}
