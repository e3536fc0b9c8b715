import type { Correction } from './correction.js'
import { maskSequence } from './mask-sequence.js'
import { truncate } from './truncate.js'

/** A correction as it is chosen by name; `cap` is the largest ratio. */
export interface CorrectionEntry {
  readonly create: (cap: number) => Correction
  readonly about: string
}

export const corrections = {
  truncate: { create: truncate, about: "weighs each token by the learner's probability over the sampler's, capped" },
  'mask-sequence': { create: maskSequence, about: 'takes out responses whose mean ratio is beyond the cap' },
} as const satisfies Record<string, CorrectionEntry>

export type CorrectionName = keyof typeof corrections
