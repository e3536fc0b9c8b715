import type { DecoderConfig } from './decoder-config.js'

/**
 * Rotary frequency of each pair of a head: theta^(-2i / D). `ropeScaling` lowers the low frequencies. With the wavelength
 * w = 2 pi / frequency and the original length L:
 *
 *     w < L / high   frequency
 *     w > L / low    frequency / factor
 *     between        smooth * frequency + (1 - smooth) * frequency / factor,   smooth = (L / w - low) / (high - low)
 *
 * @shape  [headWidth / 2]
 * @units  radians per position
 * @source arXiv:2104.09864; the scaling of Llama 3.1, arXiv:2407.21783, as in Hugging Face's "llama3"
 */
export const ropeFrequencies = ({
  headWidth,
  ropeTheta,
  ropeScaling,
}: Pick<DecoderConfig, 'headWidth' | 'ropeTheta' | 'ropeScaling'>): readonly number[] => {
  const plain = Array.from({ length: headWidth / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headWidth))
  if (ropeScaling === undefined) return plain
  const { factor, low, high, originalLength } = ropeScaling
  return plain.map((frequency) => {
    const turns = (originalLength * frequency) / (2 * Math.PI)
    const smooth = Math.min(1, Math.max(0, (turns - low) / (high - low)))
    return smooth * frequency + ((1 - smooth) * frequency) / factor
  })
}
