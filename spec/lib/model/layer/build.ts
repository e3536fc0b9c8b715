import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { interpret } from '../../compute/reference/interpret.js'
import type { ReferenceTensor } from '../../compute/reference/tensor.js'

/** The numbers of one node, in double precision. */
export const numbers = (node: Node, feed: Readonly<Record<string, ReferenceTensor>>): number[] => [
  ...interpret(program('layer', { y: node }), feed)['y']!.data,
]
