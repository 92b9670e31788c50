/**
 * Reads the arguments of a subcommand by a table of its options, and finds every misuse that concerns one option alone.
 *
 *   arguments --parseArgs--> tokens --check each--> values by name, and the other arguments
 *
 * A message names the option and what it takes; for an unknown option it names the nearest one.
 * This file does not know which options go together.
 */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { Misuse } from './misuse.ts';

export interface OptionShape {
  readonly short?: string;
  /** The kind of its value. Absent: the option takes no value. */
  readonly takes?: 'text' | 'whole' | readonly string[];
  /** The least value of a whole number. */
  readonly least?: number;
}

export type OptionShapes = Readonly<Record<string, OptionShape>>;

export interface Arguments {
  /** The value of an option that takes text or one of some words. */
  text(name: string): string | undefined;
  whole(name: string): number | undefined;
  has(name: string): boolean;
  readonly others: readonly string[];
}

type Nearest = (name: string, names: readonly string[]) => string | undefined;
type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];

export function readArguments(args: readonly string[], shapes: OptionShapes, nearest: Nearest): Arguments {
  const values = new Map<string, string | number | true>();
  const others: string[] = [];
  for (const token of tokensOf(args, shapes)) {
    if (token.kind === 'positional') others.push(token.value);
    if (token.kind !== 'option') continue;
    const shape = Object.hasOwn(shapes, token.name) ? shapes[token.name] : undefined;
    if (shape === undefined) throw new Misuse(unknownOption(token.rawName, shapes, nearest));
    if (values.has(token.name)) throw new Misuse(`${token.rawName} is given twice`);
    values.set(token.name, valueOfOption(token.rawName, token.value, shape));
  }
  return {
    text: (name) => values.get(name) as string | undefined,
    whole: (name) => values.get(name) as number | undefined,
    has: (name) => values.has(name),
    others,
  };
}

/** Not strict: the messages of `parseArgs` do not name the nearest option, and it takes an option that is given twice. */
function tokensOf(args: readonly string[], shapes: OptionShapes): readonly Token[] {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, { short, takes }] of Object.entries(shapes)) {
    options[name] = { type: takes === undefined ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) };
  }
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function unknownOption(rawName: string, shapes: OptionShapes, nearest: Nearest): string {
  const meant = nearest(
    rawName,
    Object.keys(shapes).map((name) => `--${name}`),
  );
  return `there is no option ${rawName}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function valueOfOption(rawName: string, value: string | undefined, { takes, least = 0 }: OptionShape): string | number | true {
  if (takes === undefined) {
    if (value !== undefined) throw new Misuse(`${rawName} takes no value, got '${value}'`);
    return true;
  }
  const wanted = typeof takes === 'object' ? takes.join(' or ') : takes === 'whole' ? `a whole number of at least ${least}` : 'a value';
  if (value === undefined) throw new Misuse(`${rawName}: expected ${wanted} after it`);
  const wrong = new Misuse(`${rawName}: expected ${wanted}, got '${value}'`);
  if (typeof takes === 'object' && !takes.includes(value)) throw wrong;
  if (takes === 'text' && value === '') throw wrong;
  if (takes !== 'whole') return value;
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number) || number < least) throw wrong;
  return number;
}
