import { aime } from './aime.js'
import { amc } from './amc.js'
import { gsm8k } from './gsm8k.js'
import type { Layout } from './layout.js'
import { math } from './math.js'
import { numina } from './numina.js'
import { plain } from './plain.js'
import { verl } from './verl.js'

/**
 * In the order in which they are tried on the first row of a file whose layout is not named: `plain` takes whatever those
 * after it do, which differ in what they refuse.
 */
export const layouts = { verl, gsm8k, numina, math, plain, amc, aime } as const satisfies Record<string, Layout>

export type LayoutName = keyof typeof layouts
