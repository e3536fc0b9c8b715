import { gsm8k } from './gsm8k.js'
import type { Layout } from './layout.js'
import { math } from './math.js'
import { numina } from './numina.js'
import { aime, amc, plain } from './question-and-answer.js'
import { verl } from './verl.js'

/**
 * Layouts by their name on the command line, in the order in which they are tried on the first row of a file without a
 * named layout. `plain` accepts every row that `amc` and `aime` accept, so those two apply only if they are named: they
 * refuse answers of another kind.
 */
export const layouts = { verl, gsm8k, numina, math, plain, amc, aime } as const satisfies Record<string, Layout>

/** Name of a layout on the command line. */
export type LayoutName = keyof typeof layouts
