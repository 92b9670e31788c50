/** A fault that ends a command with status 2. Its message is all that the user reads: it says what was expected and what came. */
export class Misuse extends Error {}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
