import { isOp, type Node, type Program } from '../../../program/node.js'
import { sameShape, sizeOf } from '../../../program/shape.js'
import { formulas } from '../kernels/formulas.js'

/** Tensors of one shape that are computed from each other element by element, and sums over all of their elements. */
export interface Family {
  /** Inputs and elementwise operations in the order in which they run. */
  readonly nodes: readonly Node[]
  /** Sums over all elements of one of the nodes. Each is added to those of the other families. */
  readonly totals: readonly Node<'sum'>[]
}

/** Families of a program in classes of at least two that compute the same. */
export interface Families {
  readonly classes: readonly (readonly Family[])[]
  /** Name of every node that is one output. */
  readonly outputNames: ReadonlyMap<Node, string>
}

/** Finds the families of a program that can be packed, such as the tensors of each weight in an optimiser. */
export const familiesOf = (order: readonly Node[], { outputs }: Program): Families => {
  const users = new Map<Node, Node[]>(order.map((node) => [node, []]))
  for (const node of order) for (const input of new Set(node.inputs)) users.get(input)!.push(node)
  const outputNames = new Map([...outputs].map(([name, node]) => [node, name]))
  const isUniqueOutput = outputNames.size === outputs.size
  const classes = new Map<string, Family[]>()
  for (const family of isUniqueOutput ? groupsOf(order, users, [...outputs.values()]) : []) {
    const key = signatureOf(family, order, users, outputNames)
    if (key !== null) classes.set(key, [...(classes.get(key) ?? []), family])
  }
  const places = new Map([...outputNames.keys()].map((node, i) => [node, i]))
  const firstOutput = ({ nodes }: Family) => Math.min(...nodes.map((node) => places.get(node) ?? Infinity))
  return {
    classes: [...classes.values()]
      .filter((families) => families.length > 1)
      .map((families) => [...families].sort((a, b) => firstOutput(a) - firstOutput(b))),
    outputNames,
  }
}

/** Joins inputs and elementwise operations of one shape that read each other. */
const groupsOf = (
  order: readonly Node[],
  users: ReadonlyMap<Node, readonly Node[]>,
  outputs: readonly Node[],
): readonly Family[] => {
  const group = new Map<Node, { nodes: Node[]; totals: Node<'sum'>[]; isPacked: boolean }>()
  for (const node of order) {
    if (!isMember(node, group)) continue
    const joined = { nodes: [] as Node[], totals: [] as Node<'sum'>[], isPacked: true }
    for (const other of new Set(node.inputs.flatMap((input) => group.get(input) ?? []))) {
      joined.nodes.push(...other.nodes)
      other.nodes.forEach((each) => group.set(each, joined))
    }
    joined.nodes.push(node)
    group.set(node, joined)
  }
  for (const [node, family] of group)
    for (const user of users.get(node)!) {
      if (group.get(user) === family) continue
      if (isTotal(user)) family.totals.push(user)
      else family.isPacked = false
    }
  return [...new Set(group.values())]
    .filter(({ isPacked, nodes, totals }) => isPacked && nodes.length + totals.length > 1)
    .map((family) => inOrder(family, outputs))
}

/** Orders a family by its outputs, so that the order does not depend on where the family is in the program. */
const inOrder = ({ nodes, totals }: Family, outputs: readonly Node[]): Family => {
  const own = new Set(nodes)
  const ordered = new Set<Node>()
  const visit = (node: Node): void => {
    if (!own.has(node) || ordered.has(node)) return
    node.inputs.forEach(visit)
    ordered.add(node)
  }
  outputs.filter((node) => own.has(node)).forEach(visit)
  // Values that only totals read follow. An input is visited before what is computed from it.
  nodes.forEach(visit)
  const places = new Map([...ordered].map((node, i) => [node, i]))
  return {
    nodes: [...ordered],
    totals: [...totals].sort((a, b) => places.get(a.inputs[0]!)! - places.get(b.inputs[0]!)!),
  }
}

const isMember = (node: Node, members: ReadonlyMap<Node, unknown>): boolean => {
  if (sizeOf(node.shape) === 1 || node.dtype !== 'float32') return false
  if (isOp(node, 'input')) return node.attributes.narrow === undefined
  return (
    node.op in formulas &&
    node.inputs.every((input) =>
      members.has(input) ? sameShape(input.shape, node.shape) : sizeOf(input.shape) === 1,
    ) &&
    node.inputs.some((input) => members.has(input))
  )
}

const isTotal = (node: Node): node is Node<'sum'> => isOp(node, 'sum') && sizeOf(node.shape) === 1

/**
 * Returns text that is equal for families that compute the same from the same numbers; null for a family that cannot be packed.
 */
const signatureOf = (
  { nodes, totals }: Family,
  order: readonly Node[],
  users: ReadonlyMap<Node, readonly Node[]>,
  outputNames: ReadonlyMap<Node, string>,
): string | null => {
  const own = new Map(nodes.map((node, i) => [node, `n${i}`]))
  const name = (node: Node) => own.get(node) ?? `g${order.indexOf(node)}`
  const lines = nodes.map((node) => {
    const isOutput = outputNames.has(node)
    return isOutput && isOp(node, 'input')
      ? null
      : `${node.op}(${node.inputs.map(name).join()})${isOutput ? ' out' : ''}`
  })
  const sums = totals.map((total) => {
    const root = sumOfSums(total, users, outputNames)
    return root === null ? null : `total ${name(total.inputs[0]!)} in ${name(root)}`
  })
  return [...lines, ...sums].includes(null) ? null : [...lines, ...sums].join('\n')
}

/** Returns the last of the additions in which a total ends up; null if it is used in another way. */
const sumOfSums = (
  total: Node,
  users: ReadonlyMap<Node, readonly Node[]>,
  outputNames: ReadonlyMap<Node, string>,
): Node | null => {
  let node = total
  for (;;) {
    const [user, ...others] = users.get(node)!
    if (user === undefined || others.length > 0 || outputNames.has(node) || !isOp(user, 'add')) break
    if (user.inputs[0] === user.inputs[1]) return null
    node = user
  }
  return node === total ? null : node
}
