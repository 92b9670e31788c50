// The runs there are, by name.
import * as s1 from './s1.mjs';

export const runs = { s1 };
