// The runs by name.
import * as frames from './frames.mjs';
import * as s1 from './s1.mjs';
import * as s2 from './s2.mjs';
import * as s3 from './s3.mjs';
import * as s4 from './s4.mjs';
import * as s5 from './s5.mjs';
import * as s6 from './s6.mjs';
import * as s7 from './s7.mjs';
import * as s8 from './s8.mjs';
import * as s9 from './s9.mjs';
import * as s10 from './s10.mjs';
import * as s11 from './s11.mjs';

export const runs = { s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, frames };
