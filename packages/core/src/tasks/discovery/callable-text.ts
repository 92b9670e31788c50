/**
 * The text of a function as an expression that gives the function.
 *
 * Decides how methods and accessors become expressions, and applies the edits that reading it asked for.
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
