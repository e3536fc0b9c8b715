import type { Primitive } from '../../../program/node.js'
import type { Group, Launch } from '../fusion/group.js'
import { Bindings } from './bindings.js'
import { cachedAttentionPart } from './cached-attention.js'
import { causalAttentionPart } from './causal-attention.js'
import type { IsStored } from './emitter.js'
import type { Kernel } from './kernel.js'
import { mapPart } from './map.js'
import { matmulPart } from './matmul.js'
import { reducePart } from './reduce.js'
import { type Part, shaderOf } from './shader.js'
import { writeCachePart } from './write-cache.js'

type Write = (group: Group, isStored: IsStored, bindings: Bindings) => Part

/** Code of every operation with a kernel of its own. */
const parts: Readonly<Partial<Record<Primitive, Write>>> = {
  matmul: matmulPart,
  sum: reducePart,
  max: reducePart,
  scatterAdd: reducePart,
  causalAttention: causalAttentionPart,
  cachedAttention: cachedAttentionPart,
  writeCache: writeCachePart,
}

/** Writes the kernel of a launch. */
export const kernelOf = (launch: Launch, isStored: IsStored): Kernel => {
  const bindings = new Bindings()
  const written = launch.map((group) =>
    (group.anchor === null ? mapPart : parts[group.anchor.op]!)(group, isStored, bindings),
  )
  return {
    label: launch.map(({ label }) => label).join(' | '),
    code: shaderOf(bindings, written),
    bindings: bindings.list,
    workgroups: written.reduce((sum, { workgroups }) => sum + workgroups, 0),
    threads: written[0]!.threads,
  }
}
