import { CheckpointError } from './checkpoint-error.js'

/** Rounds 64-bit floats to 32 bits. `place` is the place that errors name. @errors throws CheckpointError for a finite number outside the range of float32 */
export const fromFloat64 = (bytes: ArrayBuffer, place: string): Float32Array => {
  const doubles = new Float64Array(bytes)
  const floats = Float32Array.from(doubles)
  const overflow = doubles.find((x, i) => Number.isFinite(x) && !Number.isFinite(floats[i]))
  if (overflow !== undefined) throw new CheckpointError(place, String(overflow), 'numbers in the range of float32')
  return floats
}
