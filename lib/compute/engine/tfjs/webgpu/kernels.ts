import type { Tensor } from '@tensorflow/tfjs-core'
import type { Fused } from '../../../operation/operation.js'
import type { Node } from '../../../program/node.js'
import { cachedAttention } from './cached-attention.js'
import { causalAttention } from './causal-attention.js'
import { inverseRms } from './inverse-rms.js'
import { rmsNorm } from './rms-norm.js'
import { rope } from './rope.js'
import { swiglu } from './swiglu.js'
import { writeCache } from './write-cache.js'

/**
 * Kernel of every fused operation, except two: `tokenStatistics` and `quantizedMatmul` consist of products and
 * reductions that have kernels of their own.
 */
export const fusedKernels = {
  rmsNorm,
  inverseRms,
  swiglu,
  rope,
  causalAttention,
  writeCache,
  cachedAttention,
} satisfies {
  readonly [K in Exclude<Fused, 'tokenStatistics' | 'quantizedMatmul'>]: (node: Node<K>, inputs: never) => Tensor
}

/** Largest width of an attention head for which a thread has enough registers. */
const WIDEST_HEAD = 128

/** Returns whether a fused operation has a kernel. Attention has one if the width of a head is a multiple of four. */
export const hasKernel = ({ op, shape }: Node<Fused>): boolean => {
  const isAttention = op === 'causalAttention' || op === 'cachedAttention'
  return op in fusedKernels && (!isAttention || (shape[3]! % 4 === 0 && shape[3]! <= WIDEST_HEAD))
}
