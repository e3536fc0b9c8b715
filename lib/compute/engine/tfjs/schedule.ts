import { PipelineError } from '../../../pipeline-error.js'
import type { Computed } from '../../operation/operation.js'
import { isOp, type Node, type Program } from '../../program/node.js'
import { describeType } from '../../program/shape.js'
import { topologicalOrder } from '../../program/traverse.js'

/** Node to compute, and the values that no later node reads. */
export interface Step {
  readonly node: Node<Computed>
  readonly frees: readonly Node[]
}

/** Order in which the nodes of a program are computed, and the lifetime of each value. */
export interface Schedule {
  readonly constants: readonly Node<'constant'>[]
  readonly steps: readonly Step[]
}

/** Largest rank that wasm broadcasts and pads correctly. Above it, the results are wrong without an error. */
const HIGHEST_RANK = 6

/** Plans the run of a program. @errors throws PipelineError EngineFailed, which names a tensor of too many axes */
export const schedule = (program: Program): Schedule => {
  const order = topologicalOrder(program)
  const unfit = order.find(({ shape }) => shape.length > HIGHEST_RANK)
  if (unfit !== undefined)
    throw new PipelineError(
      'EngineFailed',
      `program "${program.name}": ${unfit.op} gives ${describeType(unfit)}; TensorFlow.js computes with at most ${HIGHEST_RANK} axes`,
    )
  const dying = lastReads(order, new Set(program.outputs.values()))
  return {
    constants: order.filter((node) => isOp(node, 'constant')),
    steps: order.filter(isComputed).map((node) => ({ node, frees: dying.get(node) ?? [] })),
  }
}

/** Returns the values that each node is the last to read. Outputs, inputs and constants are not freed by the run. */
const lastReads = (order: readonly Node[], outputs: ReadonlySet<Node>): ReadonlyMap<Node, readonly Node[]> => {
  const lastReader = new Map(order.flatMap((reader) => reader.inputs.map((value) => [value, reader] as const)))
  const dying = new Map<Node, Node[]>()
  for (const [value, reader] of lastReader) {
    if (!isComputed(value) || outputs.has(value)) continue
    const others = dying.get(reader)
    if (others === undefined) dying.set(reader, [value])
    else others.push(value)
  }
  return dying
}

const isComputed = (node: Node): node is Node<Computed> => node.op !== 'input' && node.op !== 'constant'
