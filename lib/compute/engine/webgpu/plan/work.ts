import { isOp, type Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Group, Launch } from '../fusion/group.js'
import type { IsStored } from '../kernels/emitter.js'
import { formulas } from '../kernels/formulas.js'
import { literalOf } from '../kernels/literal.js'
import { bytesInMemory } from './layout.js'

/**
 * Work of a kernel at least: each element that it needs is moved and computed once. A kernel may read an element again, or compute
 * it again where several others need it. Caches count at their full length.
 */
interface Work {
  /** Bytes that are read of each value in memory. */
  readonly reads: ReadonlyMap<Node, number>
  /** Bytes that are written of each result. */
  readonly writes: ReadonlyMap<Node, number>
  /** Floating-point operations: two for each term of a product, and one for each element of an elementwise operation. */
  readonly flops: number
}

/** Returns the work of the kernel of a launch. */
export const workOf = (launch: Launch, isStored: IsStored): Work => {
  const reads = new Map<Node, number>()
  const writes = new Map<Node, number>()
  let flops = 0
  for (const group of launch) {
    const needed = neededIn(group, isStored)
    for (const [node, elements] of needed.read) addBytes(reads, node, elements)
    for (const node of group.outputs) addBytes(writes, node, writtenOf(node))
    flops += [...needed.computed].reduce((sum, [node, elements]) => sum + flopsOf(node, elements), 0)
  }
  return { reads, writes, flops }
}

const addBytes = (bytes: Map<Node, number>, node: Node, elements: number): void => {
  const whole = bytesInMemory(node)
  const part = (whole * elements) / sizeOf(node.shape)
  bytes.set(node, Math.min(whole, (bytes.get(node) ?? 0) + part))
}

/** A write into a cache stores one entry for each row. */
const writtenOf = (node: Node): number => sizeOf((isOp(node, 'writeCache') ? node.inputs[1]! : node).shape)

/** Numbers of elements that the kernel of a group reads from memory, and that it computes. */
interface Needed {
  readonly read: ReadonlyMap<Node, number>
  readonly computed: ReadonlyMap<Node, number>
}

const neededIn = ({ anchor, epilogue, outputs }: Group, isStored: IsStored): Needed => {
  const own = new Set([...(anchor === null ? [] : [anchor]), ...epilogue, ...outputs])
  const isRead = (node: Node) => isStored(node) && !own.has(node)
  const computed = new Map<Node, number>(outputs.map((node) => [node, sizeOf(node.shape)]))
  const read = new Map<Node, number>()
  for (const node of readersFirst(outputs, isRead))
    for (const input of new Set(node.inputs)) {
      const elements = elementsOf(input, node, computed.get(node)!)
      const needed = isRead(input) ? read : computed
      if (elements > 0 && literalOf(input) === null)
        needed.set(input, Math.min(sizeOf(input.shape), (needed.get(input) ?? 0) + elements))
    }
  return { read, computed }
}

/** Returns the values that a kernel computes, each after all that read it. */
const readersFirst = (outputs: readonly Node[], isRead: (node: Node) => boolean): readonly Node[] => {
  const visited = new Set<Node>()
  const order: Node[] = []
  const visit = (node: Node): void => {
    if (visited.has(node) || isRead(node)) return
    visited.add(node)
    node.inputs.forEach(visit)
    order.push(node)
  }
  outputs.forEach(visit)
  return order.reverse()
}

/** Number of elements of an input that some elements of a node are computed from. */
const elementsOf = (input: Node, node: Node, elements: number): number => {
  const [whole, result] = [sizeOf(input.shape), sizeOf(node.shape)]
  switch (node.op) {
    case 'writeCache':
      return input === node.inputs[0] ? 0 : whole
    case 'gather':
      return input === node.inputs[0] ? elements : Math.ceil((elements * whole) / result)
    case 'concat':
    case 'oneHot':
      return Math.ceil((elements * whole) / result)
    case 'matmul':
    case 'sum':
    case 'max':
    case 'scatterAdd':
    case 'causalAttention':
    case 'cachedAttention':
      return whole
    default:
      return Math.min(whole, elements)
  }
}

/** Floating-point operations of some elements of a node. Index arithmetic does not count. */
const flopsOf = (node: Node, elements: number): number => {
  if (isOp(node, 'matmul')) return 2 * elements * node.inputs[0]!.shape.at(-1)!
  if (isOp(node, 'sum') || isOp(node, 'max')) return sizeOf(node.inputs[0]!.shape)
  if (isOp(node, 'scatterAdd')) return sizeOf(node.inputs[1]!.shape)
  // A product of two and the sum of two.
  if (isOp(node, 'rope')) return 3 * elements
  if (isOp(node, 'causalAttention')) {
    const [length, places] = [node.shape[2]!, node.inputs[1]!.shape[2]!]
    return attentionFlops(elements, places - (length - 1) / 2)
  }
  if (isOp(node, 'cachedAttention')) return attentionFlops(elements, node.inputs[3]!.shape[2]! + 1)
  return node.op in formulas && node.dtype === 'float32' ? elements : 0
}

/** The two products of attention: each query reads `keys` keys and as many values. */
const attentionFlops = (elements: number, keys: number): number => 4 * elements * keys
