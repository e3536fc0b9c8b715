import type { Node, Program } from '../../../program/node.js'
import { isOp } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import { topologicalOrder } from '../../../program/traverse.js'
import { costOf, isPulled } from '../kernels/formulas.js'
import { literalOf } from '../kernels/literal.js'

/** Number of buffers that every WebGPU device lets one kernel bind. */
export const BINDINGS = 8

/** Uses of every value: which node reads it, once for each time that it reads it. */
export type Uses = ReadonlyMap<Node, readonly Node[]>

/** Facts about the values of a program that fusion decides on. */
export interface Storage {
  readonly order: readonly Node[]
  readonly uses: Uses
  readonly outputs: ReadonlySet<Node>
  /** Computed values that are stored in memory. All others are computed where they are read. */
  readonly stored: Set<Node>
  /** Stored values, inputs and constants from which a value is computed where it is read. */
  readonly sources: (node: Node) => ReadonlySet<Node>
}

/** Work that is done again, in instructions per element, above which a value is stored instead. */
const REPEATED = 8

/** Cost of an expression above which it is stored, so that kernels stay small. */
const LARGE = 80

/**
 * Decides which values of a program are stored. Results of kernels and outputs are. An elementwise operation or a view is
 * computed where it is read, unless it would be computed too often or its kernel would need too many buffers.
 */
export const decideStorage = (program: Program): Storage => {
  const order = topologicalOrder(program)
  const uses = usesOf(order)
  const outputs = new Set(program.outputs.values())
  const stored = new Set<Node>()
  const known = new Map<Node, ReadonlySet<Node>>()
  const costs = new Map<Node, number>()
  const sources = (node: Node): ReadonlySet<Node> =>
    stored.has(node) ? new Set([node]) : (known.get(node) ?? new Set([node]))
  for (const node of order) {
    if (isLeaf(node)) {
      known.set(node, literalOf(node) === null ? new Set([node]) : new Set())
      costs.set(node, 0)
      continue
    }
    for (const operand of readWhole(node)) if (!isLeaf(operand)) stored.add(operand)
    limitSources(node, sources, stored)
    known.set(node, union(node.inputs.map(sources)))
    const cost = node.inputs.reduce((sum, x) => sum + (stored.has(x) ? 0 : costs.get(x)!), costOf(node.op))
    costs.set(node, isPulled(node.op) ? cost : 0)
    if (!isPulled(node.op) || outputs.has(node) || isRepeated(node, cost, uses)) stored.add(node)
  }
  return { order, uses, outputs, stored, sources }
}

/** Returns whether a node is an input or a constant. */
export const isLeaf = ({ op }: Node): boolean => op === 'input' || op === 'constant'

const usesOf = (order: readonly Node[]): Uses => {
  const uses = new Map<Node, Node[]>(order.map((node) => [node, []]))
  for (const node of order) for (const input of node.inputs) uses.get(input)!.push(node)
  return uses
}

/** Operands that a kernel reads in order from memory, and not through an expression. */
const readWhole = (node: Node): readonly Node[] => {
  if (isOp(node, 'causalAttention') || isOp(node, 'cachedAttention')) return node.inputs
  return isOp(node, 'writeCache') ? [node.inputs[0]!] : []
}

/** Stores operands of a node until its kernel can bind all its sources, a result, and an operand of an epilogue. */
const limitSources = (node: Node, sources: Storage['sources'], stored: Set<Node>): void => {
  const most = isPulled(node.op) ? BINDINGS - 3 : BINDINGS - 2
  while (union(node.inputs.map(sources)).size > most) {
    const widest = node.inputs.reduce((a, b) => (sources(b).size > sources(a).size ? b : a))
    if (sources(widest).size <= 1) return
    stored.add(widest)
  }
}

export const union = (sets: readonly ReadonlySet<Node>[]): ReadonlySet<Node> => new Set(sets.flatMap((set) => [...set]))

const isRepeated = (node: Node, cost: number, uses: Uses): boolean => {
  if (cost > LARGE) return true
  const times = uses.get(node)!.reduce((sum, reader) => sum + repetitions(node, reader), 0)
  return cost * (times - 1) > REPEATED
}

/** Edge of the tile of a product: each element of an operand is read once for every tile beside it. */
const TILE = 64

/** Number of times that a reader computes each element of a value. */
const repetitions = (value: Node, reader: Node): number => {
  if (isOp(reader, 'matmul')) {
    const other = reader.shape.at(value === reader.inputs[0] ? -1 : -2)!
    return Math.ceil(other / TILE)
  }
  return reader.op === 'gather' || !isPulled(reader.op) ? 1 : Math.max(1, sizeOf(reader.shape) / sizeOf(value.shape))
}
