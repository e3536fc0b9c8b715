import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { interpret, type ReferenceFeed } from '../../compute/reference/interpret.js'

/** The numbers of one node, in double precision. */
export const numbers = (node: Node, feed: ReferenceFeed): number[] => [
  ...interpret(program('layer', { y: node }), feed)['y']!.data,
]
