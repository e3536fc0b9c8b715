import type { HostTensor } from '../../compute/program/node.js'

/**
 * Moves the elements 2i and 2i + 1 of each head to i and i + D / 2. Rotary positions rotate neighbouring elements in GGUF
 * files of the Llama architecture, and elements of the two halves in Hugging Face checkpoints.
 *
 * @shape [heads D, width] -> [heads D, width]
 */
export const pairHalves = (tensor: HostTensor, heads: number): HostTensor => {
  const { shape, data } = tensor
  const [rows, width] = shape as [number, number]
  const half = rows / heads / 2
  const result = new Float32Array(data.length)
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)]
    const from = head * 2 * half + 2 * (within % half) + Math.floor(within / half)
    result.set(data.subarray(from * width, (from + 1) * width), row * width)
  }
  return { ...tensor, data: result }
}
