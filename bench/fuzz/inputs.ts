import { keyedUniform, uniformOfText } from '../../lib/random/uniform.js'
import { sequence } from '../../lib/random/sequence.js'
import type { FuzzDecoder } from './fuzz-decoder.js'
import { createDraw } from './mutations/draw.js'
import { mutated } from './mutations/index.js'

/** Returns the input with a number. */
export type InputAt = (number: number) => Uint8Array

/**
 * Returns the mutated inputs of a decoder. An input depends on the name of the decoder, its samples, the mutations, the seed and
 * its number, so that it can be made again.
 */
export const mutatedInputs = async (name: string, decoder: FuzzDecoder, seed: number): Promise<InputAt> => {
  const samples = await decoder.samples()
  const key = Math.floor(uniformOfText(name) * 2 ** 32)
  return (number) => {
    const draw = createDraw(sequence(keyedUniform(seed, key, number)))
    return mutated(decoder.form, draw.pick(samples), draw.pick(samples), draw)
  }
}
