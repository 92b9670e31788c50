/**
 * Turns the text of a function into an expression whose value is the function: methods and accessors are wrapped, and edits are applied.
 *
 * This file does not know why an edit is needed (function-syntax.ts does).
 */
import type { FunctionSyntax } from './function-syntax.ts';

export function callableText(text: string, { form, edits }: FunctionSyntax): string {
  let edited = text;
  for (const { start, end, text: by } of [...edits].sort((a, b) => b.start - a.start)) {
    edited = edited.slice(0, start) + by + edited.slice(end);
  }
  switch (form) {
    case 'expression':
      return `(${edited})`;
    case 'method':
      return `Object.values({${edited}})[0]`;
    case 'getter':
    case 'setter':
      return `Object.values(Object.getOwnPropertyDescriptors({${edited}}))[0].${form === 'getter' ? 'get' : 'set'}`;
  }
}
