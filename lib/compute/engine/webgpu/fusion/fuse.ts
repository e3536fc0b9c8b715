import { isOp, type Node, type Program } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import { costOf, isPulled } from '../kernels/formulas.js'
import { literalOf } from '../kernels/literal.js'
import type { Group, Launch } from './group.js'
import { launchTogether, mergeMaps } from './merge.js'
import { BINDINGS, decideStorage, isLeaf, type Storage, union } from './stored.js'

/** Launches of a program in the order in which they run, and whether a value is in memory. */
export interface Fused {
  readonly launches: readonly Launch[]
  readonly isStored: (node: Node) => boolean
}

/** Divides the nodes of a program into groups, one for each kernel. */
export const fuse = (program: Program): Fused => {
  const storage = decideStorage(program)
  const { order, stored } = storage
  const byEnd = new Map<Node, Group>()
  /** Operations in an epilogue. A sum of two products is in the epilogue of one of them. */
  const taken = new Set<Node>()
  for (const node of order) {
    if (isPulled(node.op) || isLeaf(node)) continue
    const epilogue = takesEpilogue(node) ? epilogueOf(node, storage, taken) : []
    epilogue.forEach((each) => taken.add(each))
    const end = epilogue.at(-1) ?? node
    if (epilogue.length > 0) {
      stored.delete(node)
      epilogue.forEach((each) => stored.delete(each))
      stored.add(end)
    }
    byEnd.set(end, { anchor: node, epilogue, outputs: [end], label: labelOf([node, ...epilogue]) })
  }
  for (const node of stored)
    if (!byEnd.has(node))
      byEnd.set(node, { anchor: null, epilogue: [], outputs: [node], label: labelOf(inlined(node, stored)) })
  const groups = order.flatMap((node) => byEnd.get(node) ?? [])
  const settled = { ...storage, sources: sourcesOf(order, stored) }
  return {
    launches: launchTogether(inPlaceLast(mergeMaps(groups, settled), settled), settled),
    isStored: (node) => isLeaf(node) || stored.has(node),
  }
}

/** Stored values from which every value is computed, after all decisions. */
const sourcesOf = (order: readonly Node[], stored: ReadonlySet<Node>): Storage['sources'] => {
  const found = new Map<Node, ReadonlySet<Node>>()
  const read = (node: Node): ReadonlySet<Node> => (stored.has(node) ? new Set([node]) : found.get(node)!)
  for (const node of order)
    found.set(node, isLeaf(node) ? new Set(literalOf(node) === null ? [node] : []) : union(node.inputs.map(read)))
  return read
}

const takesEpilogue = ({ op }: Node): boolean => op === 'matmul' || op === 'sum' || op === 'max' || op === 'scatterAdd'

/**
 * Returns the operations after a kernel that its threads apply to their elements: a chain in which each is the only reader of
 * the one before and has as many elements. Views at the end of the chain are left to the readers, unless the value is stored in
 * any case.
 */
const epilogueOf = (
  anchor: Node,
  { uses, outputs, stored, sources }: Storage,
  taken: ReadonlySet<Node>,
): readonly Node[] => {
  const chain: Node[] = []
  let bound = union(anchor.inputs.map(sources))
  for (let last = anchor; ;) {
    const readers = uses.get(last)!
    const next = readers[0]
    if (readers.length !== 1 || outputs.has(last) || next === undefined || !continues(last, next)) break
    if (taken.has(next)) break
    if (chain.length > 0 && stored.has(last)) break
    bound = union([bound, ...next.inputs.filter((input) => input !== last).map(sources)])
    if (bound.size > BINDINGS - 1) break
    chain.push(next)
    last = next
  }
  while (chain.length > 0 && costOf(chain.at(-1)!.op) === 0 && !stored.has(chain.at(-1)!)) chain.pop()
  return chain
}

const continues = (last: Node, next: Node): boolean =>
  sizeOf(last.shape) === sizeOf(next.shape) &&
  isPulled(next.op) &&
  next.op !== 'rope' &&
  next.op !== 'gather' &&
  next.op !== 'oneHot' &&
  next.op !== 'concat'

/** Operations that are computed inside the kernel of a stored value. */
const inlined = (node: Node, stored: ReadonlySet<Node>): readonly Node[] => {
  const found = new Set<Node>()
  const visit = (each: Node): void => {
    for (const input of each.inputs) if (!isLeaf(input) && !stored.has(input) && !found.has(input)) visit(input)
    found.add(each)
  }
  visit(node)
  return [...found]
}

const labelOf = (nodes: readonly Node[]): string => {
  const counts = new Map<string, number>()
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1)
  return [...counts].map(([op, count]) => (count === 1 ? op : `${count} ${op}`)).join(' ')
}

/** Moves writes into caches behind all other groups, so that a donated cache may be written in place. */
const inPlaceLast = (groups: readonly Group[], { uses }: Storage): readonly Group[] => {
  const isLast = ({ anchor }: Group) => anchor !== null && isOp(anchor, 'writeCache') && uses.get(anchor)!.length === 0
  return [...groups.filter((group) => !isLast(group)), ...groups.filter(isLast)]
}
