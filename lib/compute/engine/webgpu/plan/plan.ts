import { isOp, type Node, type Program } from '../../../program/node.js'
import { topologicalOrder } from '../../../program/traverse.js'
import { fuse } from '../fusion/fuse.js'
import type { Launch } from '../fusion/group.js'
import { kernelOf } from '../kernels/index.js'
import type { Kernel } from '../kernels/kernel.js'
import { align, type Arena, arenaOf } from './arena.js'
import { bytesOf } from './layout.js'
import { lower } from './lower.js'
import { type NarrowInputs, withNarrowInputs } from './narrow-inputs.js'
import { pack, type Packs } from './pack.js'

/** Memory in which a value is while a program runs. */
export type Place =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'constant'; readonly offset: number }
  | { readonly kind: 'arena'; readonly offset: number }
  | { readonly kind: 'output'; readonly name: string }

/** Step of a plan: a dispatch, or a copy of a whole value. */
export type Step =
  | { readonly kind: 'kernel'; readonly kernel: Kernel; readonly launch: Launch }
  | { readonly kind: 'copy'; readonly from: Place; readonly to: Place; readonly bytes: number }

/** Everything about the runs of a program that is known when it is compiled. */
export interface Plan {
  readonly program: Program
  /** Number of nodes of the program. */
  readonly nodes: number
  readonly steps: readonly Step[]
  readonly placeOf: (node: Node) => Place
  /** Returns whether a value is in memory: inputs, constants, and results that are not computed where they are read. */
  readonly isStored: (node: Node) => boolean
  readonly constants: readonly Node<'constant'>[]
  readonly arena: Arena
  /** Outputs that are written over an input, by name, if the run may take over the memory of the input. */
  readonly inPlace: ReadonlyMap<string, string>
  /** Inputs and outputs of the plan, which are those of the program except for tensors that are packed. */
  readonly inputs: Program['inputs']
  readonly outputs: Program['outputs']
  readonly packedInputs: Packs
  readonly packedOutputs: Packs
}

/** Makes the plan of a program. Some inputs may be in formats of 16 bits, by their names. It needs no GPU. */
export const planOf = (program: Program, narrow: NarrowInputs = new Map()): Plan => {
  const packed = pack(withNarrowInputs(program, narrow))
  const lowered = lower(packed.program)
  const { launches, isStored } = fuse(lowered)
  const kernels = launches.map((launch) => kernelOf(launch, isStored))
  const owners = ownersOf(lowered)
  const constants = constantsOf(lowered, kernels)
  const offsets = offsetsOf(constants)
  const lifetimes = lifetimesOf(kernels, owners)
  const values = [...lifetimes.keys()]
  const arena = arenaOf(values.map((node) => lifetimes.get(node)!))
  const arenaOffsets = new Map(values.map((node, i) => [node, arena.offsets[i]!]))
  const placeOf = (node: Node): Place => {
    if (isOp(node, 'input')) return { kind: 'input', name: node.attributes.name }
    if (isOp(node, 'constant')) return { kind: 'constant', offset: offsets.get(node)! }
    const owner = owners.get(node)
    return owner === undefined ? { kind: 'arena', offset: arenaOffsets.get(node)! } : { kind: 'output', name: owner }
  }
  const copies = [...lowered.outputs].flatMap(([name, node]): Step[] =>
    owners.get(node) === name
      ? []
      : [{ kind: 'copy', from: placeOf(node), to: { kind: 'output', name }, bytes: bytesOf(node) }],
  )
  return {
    program,
    nodes: topologicalOrder(program).length,
    steps: [...kernels.flatMap((kernel, i) => stepsOf(kernel, launches[i]!, placeOf)), ...copies],
    placeOf,
    isStored,
    constants,
    arena,
    inPlace: inPlaceOf(lowered, owners),
    inputs: lowered.inputs,
    outputs: lowered.outputs,
    packedInputs: packed.inputs,
    packedOutputs: packed.outputs,
  }
}

/** A cache is copied before an entry is written into the copy. The copy is left out if the cache is written in place. */
const stepsOf = (kernel: Kernel, launch: Launch, placeOf: Plan['placeOf']): readonly Step[] => [
  ...launch.flatMap(({ anchor }): Step[] => {
    if (anchor === null || !isOp(anchor, 'writeCache')) return []
    const [cache] = anchor.inputs as [Node]
    return [{ kind: 'copy', from: placeOf(cache), to: placeOf(anchor), bytes: bytesOf(cache) }]
  }),
  { kind: 'kernel', kernel, launch },
]

/** Name of the output in whose memory each output node is computed. Inputs and constants are copied instead. */
const ownersOf = ({ outputs }: Program): ReadonlyMap<Node, string> =>
  new Map([...outputs].reverse().flatMap(([name, node]) => (isLeaf(node) ? [] : [[node, name] as const])))

const isLeaf = ({ op }: Node): boolean => op === 'input' || op === 'constant'

const constantsOf = ({ outputs }: Program, kernels: readonly Kernel[]): readonly Node<'constant'>[] => {
  const bound = kernels.flatMap(({ bindings }) => bindings.map(({ node }) => node))
  return [...new Set([...bound, ...outputs.values()])].filter((node) => isOp(node, 'constant'))
}

const offsetsOf = (constants: readonly Node[]): ReadonlyMap<Node, number> => {
  let end = 0
  return new Map(
    constants.map((node) => {
      const offset = end
      end += align(bytesOf(node))
      return [node, offset]
    }),
  )
}

const lifetimesOf = (kernels: readonly Kernel[], owners: ReadonlyMap<Node, string>) => {
  const lifetimes = new Map<Node, { bytes: number; first: number; last: number }>()
  kernels.forEach(({ bindings }, step) => {
    for (const { node } of bindings) {
      if (isLeaf(node) || owners.has(node)) continue
      const known = lifetimes.get(node)
      if (known === undefined) lifetimes.set(node, { bytes: bytesOf(node), first: step, last: step })
      else known.last = step
    }
  })
  return lifetimes
}

/** Outputs that are a cache of the caller with new entries, where no other step needs the old cache later. */
const inPlaceOf = (program: Program, owners: ReadonlyMap<Node, string>): ReadonlyMap<string, string> => {
  const order = topologicalOrder(program)
  const outputs = new Set(program.outputs.values())
  const readersOf = (node: Node) => order.filter(({ inputs }) => inputs.includes(node))
  return new Map(
    [...owners].flatMap(([node, name]) => {
      if (!isOp(node, 'writeCache')) return []
      const [cache] = node.inputs as [Node]
      const writes = readersOf(cache).filter((reader) => isOp(reader, 'writeCache'))
      const isFree = isOp(cache, 'input') && !outputs.has(cache) && writes.length === 1 && readersOf(node).length === 0
      return isFree ? [[name, cache.attributes.name] as const] : []
    }),
  )
}
