import { defineTask } from 'twinpool';
import { z } from 'zod';

export const area = defineTask({ input: z.tuple([z.number(), z.number()]), output: z.number() }, (w, h) => w * h);
