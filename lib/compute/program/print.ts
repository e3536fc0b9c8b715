import { type Elements, isOp, type Node, type Program } from './node.js'
import { describeType } from './shape.js'
import { topologicalOrder } from './traverse.js'

/**
 * Prints a program as text: one line for each node in an order in which inputs come first, then the outputs.
 *
 *     %12 = matmul(%3, %7) : float32[256, 64]
 *     %13 = sum(%12, axes=[0], keepDims=false) : float32[64]
 *     loss = %13
 */
export const print = (program: Program): string => {
  const nodes = topologicalOrder(program)
  const names = new Map(nodes.map((node, i) => [node, `%${i}`]))
  const line = (node: Node) => {
    const given = [...node.inputs.map((input) => names.get(input)!), ...attributes(node)]
    return `${names.get(node)!} = ${node.op}(${given.join(', ')}) : ${describeType(node)}`
  }
  return [
    `program ${program.name}`,
    ...nodes.map(line),
    ...[...program.outputs].map(([output, node]) => `${output} = ${names.get(node)!}`),
  ].join('\n')
}

const attributes = (node: Node): readonly string[] => {
  if (isOp(node, 'input')) return [node.attributes.name]
  if (isOp(node, 'constant')) return [preview(node.attributes.data)]
  return Object.entries(node.attributes).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
}

/** Prints the first four numbers of a constant, which are enough to tell most constants apart. */
const preview = (data: Elements): string =>
  [...data.slice(0, 4)].map(shortest).join(' ') + (data.length > 4 ? ' …' : '')

/** Prints a number with the fewest digits that are read back as the same float32. */
const shortest = (value: number): string =>
  String(
    [1, 2, 3, 4, 5, 6, 7, 8].map((digits) => Number(value.toPrecision(digits))).find((x) => Math.fround(x) === value) ??
      value,
  )
