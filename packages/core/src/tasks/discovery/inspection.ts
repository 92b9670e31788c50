/**
 * What this thread can learn of its functions: the inspector and the source maps that go with it.
 *
 * Decides that it is opened once, on first need. Refuses to know what is asked.
 */
import { Locator } from './locator.ts';
import { SourceMaps } from './source-position.ts';

export interface Inspection {
  readonly locator: Locator;
  readonly maps: SourceMaps;
}

let opening: Promise<Inspection | undefined> | undefined;
let opened: Inspection | undefined;

/** `undefined` where there is no inspector. */
export function inspection(): Promise<Inspection | undefined> {
  opening ??= Locator.open().then((locator) => {
    opened = locator && { locator, maps: new SourceMaps(locator) };
    return opened;
  });
  return opening;
}

/** The same at once, when it is open. */
export function openInspection(): Inspection | undefined {
  return opened;
}
