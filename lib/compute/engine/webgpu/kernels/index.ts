import type { Group } from '../fusion/group.js'
import { cachedAttentionKernel } from './cached-attention.js'
import { causalAttentionKernel } from './causal-attention.js'
import type { IsStored } from './emitter.js'
import type { Kernel } from './kernel.js'
import { mapKernel } from './map.js'
import { matmulKernel } from './matmul.js'
import { reduceKernel } from './reduce.js'
import { writeCacheKernel } from './write-cache.js'

/** Writes the kernel of a group. */
export const kernelOf = (group: Group, isStored: IsStored): Kernel => {
  switch (group.anchor?.op) {
    case undefined:
      return mapKernel(group, isStored)
    case 'matmul':
      return matmulKernel(group, isStored)
    case 'causalAttention':
      return causalAttentionKernel(group)
    case 'cachedAttention':
      return cachedAttentionKernel(group)
    case 'writeCache':
      return writeCacheKernel(group, isStored)
    default:
      return reduceKernel(group, isStored)
  }
}
