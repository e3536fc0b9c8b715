import type { DecoderConfig } from '../../../lib/model/decoder-config.js'

/** Smallest decoder whose files have every kind of weight. */
export const tiny: DecoderConfig = {
  vocabulary: 24,
  width: 8,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headWidth: 4,
  feedForward: 8,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}
