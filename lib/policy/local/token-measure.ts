/** Names of the measures of a token, in the order in which {@link createTokenMeasure} writes them. */
export const tokenMeasures = ['logprob', 'entropy', 's', 'expectedS', 'squares'] as const

/**
 * Creates a function that computes the measures of a token at temperature 1 from one row of logits, without allocation. A
 * scoring pass gives the same numbers.
 *
 * @shape  the row is logits[offset] to logits[offset + V - 1]; measure m is written to `into[m * stride + at]`
 * @units  logprob, entropy, s and expectedS in nats
 * @source Entrocraft section 4, as in {@link tokenStatistics}
 */
export const createTokenMeasure =
  (vocabulary: number) =>
  (logits: ArrayLike<number>, offset: number, token: number, into: Float32Array, stride: number, at: number): void => {
    let peak = -Infinity
    for (let v = 0; v < vocabulary; v++) peak = Math.max(peak, logits[offset + v]!)
    let [z, zLogits, z2, z2Logits] = [0, 0, 0, 0]
    for (let v = 0; v < vocabulary; v++) {
      const shifted = logits[offset + v]! - peak
      const e = Math.exp(shifted)
      z += e
      zLogits += e * shifted
      z2 += e * e
      z2Logits += e * e * shifted
    }
    const logz = Math.log(z)
    const logprob = logits[offset + token]! - peak - logz
    const entropy = logz - zLogits / z
    const squares = z2 / (z * z)
    into[at] = logprob
    into[stride + at] = entropy
    into[2 * stride + at] = Math.exp(logprob) * (entropy + logprob)
    into[3 * stride + at] = entropy * squares + (z2Logits - logz * z2) / (z * z)
    into[4 * stride + at] = squares
  }
