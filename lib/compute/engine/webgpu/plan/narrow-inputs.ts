import { mapNodes } from '../../../program/map-nodes.js'
import { isOp, type NarrowFormat, type Node, type Program } from '../../../program/node.js'

/** Formats of the inputs that are kept in 16 bits, by name. */
export type NarrowInputs = ReadonlyMap<string, NarrowFormat>

/** Input that is kept in a format of 16 bits. */
type NarrowInput = Node<'input'> & { readonly attributes: { readonly narrow: NarrowFormat } }

/** Returns whether a value is an input that is kept in a format of 16 bits. */
export const isNarrow = (node: Node): node is NarrowInput => isOp(node, 'input') && node.attributes.narrow !== undefined

/** Marks inputs with the formats in which they are kept. */
export const withNarrowInputs = (whole: Program, narrow: NarrowInputs): Program =>
  narrow.size === 0 ? whole : mapNodes(whole, (node) => (isOp(node, 'input') ? marked(node, narrow) : node))

const marked = (node: Node<'input'>, narrow: NarrowInputs): Node<'input'> => {
  const { name } = node.attributes
  const format = narrow.get(name)
  return format === undefined ? node : { ...node, attributes: { name, narrow: format } }
}
