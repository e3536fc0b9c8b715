import * as build from '../../../operation/index.js'
import { isOp, type Node, type Program } from '../../../program/node.js'
import { program } from '../../../program/program.js'
import { topologicalOrder } from '../../../program/traverse.js'
import { align } from './arena.js'
import { type Families, type Family, familiesOf } from './families.js'
import { type Layout, layoutOf } from './layout.js'

/** Layouts of packed inputs or outputs, by the name of the packed tensor. Its members are inputs or outputs of the caller. */
export type Packs = ReadonlyMap<string, Layout>

/** Program in which equal computations on many tensors are one computation on packed tensors. */
interface Packed {
  readonly program: Program
  readonly inputs: Packs
  readonly outputs: Packs
}

/**
 * Packs a program. An optimiser computes the same for every weight: here the weights become one long tensor, and so do their
 * gradients and moments, so that a few kernels serve all of them. A sum over all weights becomes a sum over the long tensor.
 */
export const pack = (whole: Program): Packed => {
  const found = familiesOf(topologicalOrder(whole), whole)
  const { outputNames } = found
  const classes = found.classes.flatMap(bindable)
  if (classes.length === 0) return { program: whole, inputs: new Map(), outputs: new Map() }
  const inputs = new Map<string, Layout>()
  const outputs = new Map<string, Layout>()
  const rebuild = rebuilder(classes)
  const results: Record<string, Node> = {}
  const packedNames = new Set<string>()
  classes.forEach((families, c) =>
    families[0]!.nodes.forEach((node, j) => {
      const name = packName(c, j)
      if (isOp(node, 'input'))
        inputs.set(
          name,
          layoutFor(families, j, (each) => (each as Node<'input'>).attributes.name),
        )
      if (!outputNames.has(node)) return
      const layout = layoutFor(families, j, (each) => outputNames.get(each)!)
      layout.members.forEach(({ name: member }) => packedNames.add(member))
      outputs.set(name, layout)
      results[name] = rebuild.packed(c, j)
    }),
  )
  for (const [name, node] of whole.outputs) if (!packedNames.has(name)) results[name] = rebuild.node(node)
  return { program: program(whole.name, results), inputs, outputs }
}

/** Largest buffer that every WebGPU device binds. @units bytes */
const BINDABLE = 2 ** 27

/** Divides families into packs that can be bound, in the order of the layout, so that each pack is one piece of the whole. */
const bindable = (families: readonly Family[]): readonly (readonly Family[])[] => {
  const { members } = layoutFor(families, 0)
  const packs: { start: number; families: Family[] }[] = []
  for (const { name, offset, bytes } of members) {
    const last = packs.at(-1)
    const family = families[Number(name.slice(1))]!
    if (last !== undefined && offset + align(bytes) - last.start <= BINDABLE) last.families.push(family)
    else packs.push({ start: offset, families: [family] })
  }
  return packs.filter((pack) => pack.families.length > 1).map((pack) => pack.families)
}

const packName = (c: number, j: number): string => `pack ${c} ${j}`

const layoutFor = (families: readonly Family[], j: number, nameOf?: (node: Node) => string): Layout =>
  layoutOf(families.map(({ nodes }, m) => [nameOf?.(nodes[j]!) ?? `.${m}`, nodes[j]!] as const))

/** Functions that rebuild the nodes of a program: those of families as one packed node, and all others one by one. */
const rebuilder = (classes: Families['classes']) => {
  const known = new Map<Node, Node>()
  const packedNodes = new Map<string, Node>()
  const places = new Map(
    classes.flatMap((families, c) => families[0]!.nodes.map((node, j) => [node, [c, j] as const] as const)),
  )
  const totals = new Map(
    classes.flatMap((families, c) =>
      families.flatMap((family, m) => family.totals.map((total, t) => [total as Node, [c, m, t] as const] as const)),
    ),
  )
  const packed = (c: number, j: number): Node => {
    const name = packName(c, j)
    const found = packedNodes.get(name) ?? compute(c, j, name)
    packedNodes.set(name, found)
    return found
  }
  const compute = (c: number, j: number, name: string): Node => {
    const node = classes[c]![0]!.nodes[j]!
    if (isOp(node, 'input')) return build.input(name, [layoutFor(classes[c]!, j).bytes / 4])
    const inputs = node.inputs.map((input) => {
      const place = places.get(input)
      return place === undefined ? build.reshape(rebuildNode(input), []) : packed(...place)
    })
    return { ...node, inputs, shape: inputs.find(({ shape }) => shape.length > 0)!.shape }
  }
  const totalOf = (total: Node, [c, m, t]: readonly [number, number, number]): Node => {
    if (m > 0) return build.constant(new Float32Array(1), total.shape)
    const family = classes[c]![0]!
    const j = family.nodes.indexOf(family.totals[t]!.inputs[0]!)
    return build.reshape(totalOfPack(packed(c, j), classes[c]!), total.shape)
  }
  const rebuildNode = (node: Node): Node => {
    const found = known.get(node)
    if (found !== undefined) return found
    const place = totals.get(node)
    const inputs = place === undefined ? node.inputs.map(rebuildNode) : []
    const result =
      place !== undefined
        ? totalOf(node, place)
        : isOp(node, 'add')
          ? build.add(inputs[0]!, inputs[1]!)
          : inputs.every((input, i) => input === node.inputs[i])
            ? node
            : { ...node, inputs }
    known.set(node, result)
    return result
  }
  return { node: rebuildNode, packed }
}

/** Sum of a packed tensor without the gaps between its members: one sum for all members of one size that leave a gap. */
const totalOfPack = (packed: Node, families: readonly Family[]): Node => {
  const { members } = layoutFor(families, 0)
  const runs: { start: number; stride: number; size: number; count: number }[] = []
  members.forEach(({ offset, bytes }, i) => {
    const start = offset / 4
    const stride = ((members[i + 1]?.offset ?? packed.shape[0]! * 4) - offset) / 4
    const [size, last] = [bytes / 4, runs.at(-1)]
    if (size === stride && last !== undefined && last.size === last.stride) {
      last.size += size
      last.stride += size
    } else if (last !== undefined && last.size === size && last.stride === stride) last.count++
    else runs.push({ start, stride, size, count: 1 })
  })
  return runs
    .map(({ start, stride, size, count }) => {
      const run = build.reshape(build.slice(packed, [start], [count * stride]), [count, stride])
      const flat = build.reshape(build.slice(run, [0, 0], [count, size]), [count * size])
      return build.sum(flat, [0])
    })
    .reduce(build.add)
}
