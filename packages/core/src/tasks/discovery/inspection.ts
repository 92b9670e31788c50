/**
 * Opens the inspector of this thread, and the source maps of its scripts, once and on first use.
 *
 * This file does not know what its callers read.
 */
import { Locator } from './locator.ts';
import { SourceMaps } from './source-position.ts';

export interface Inspection {
  readonly locator: Locator;
  readonly maps: SourceMaps;
}

let opening: Promise<Inspection | undefined> | undefined;
let opened: Inspection | undefined;

/** Returns the inspection; `undefined` in a runtime without an inspector. */
export function inspection(): Promise<Inspection | undefined> {
  opening ??= Locator.open().then((locator) => {
    opened = locator && { locator, maps: new SourceMaps(locator) };
    return opened;
  });
  return opening;
}

/** Returns the inspection without waiting; `undefined` until it is open. */
export function openInspection(): Inspection | undefined {
  return opened;
}
