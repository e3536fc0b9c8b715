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
 * One row per fused operation; the sums over a vocabulary consist of products and reductions, which have kernels, and so
 * does a product of int8.
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

/** A thread has registers for a query of so many numbers, and for what it sees. */
const WIDEST_HEAD = 128

/** Which fused operations a kernel computes; attention has one for heads that consist of fours. */
export const hasKernel = ({ op, shape }: Node<Fused>): boolean => {
  const isAttention = op === 'causalAttention' || op === 'cachedAttention'
  return op in fusedKernels && (!isAttention || (shape[3]! % 4 === 0 && shape[3]! <= WIDEST_HEAD))
}
