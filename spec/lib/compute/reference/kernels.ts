import type { Elementary } from '#lib/compute/operation/operation.js'
import type { Node, Primitive } from '#lib/compute/program/node.js'
import { at, indicesOf, offsetOf, type ReferenceTensor, zeros } from './tensor.js'

type Values = Float64Array | Int32Array
type Kernel<K extends Primitive> = (node: Node<K>, ...inputs: readonly ReferenceTensor[]) => Values

/** Computes a result element by element. */
const each = (node: Node, f: (index: readonly number[]) => number): Values => {
  const values = zeros(node)
  let position = 0
  for (const index of indicesOf(node.shape)) values[position++] = f(index)
  return values
}

const elementwise =
  (f: (...x: readonly number[]) => number) =>
  (node: Node, ...inputs: readonly ReferenceTensor[]): Values =>
    each(node, (index) => f(...inputs.map((x) => at(x, index))))

const reduction =
  (start: number, f: (total: number, x: number) => number) =>
  (node: Node<'sum' | 'max'>, x: ReferenceTensor): Values => {
    const { axes } = node.attributes
    const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    const values = zeros(node).fill(start)
    for (const index of indicesOf(x.shape)) {
      const position = offsetOf(kept, index)
      values[position] = f(values[position]!, at(x, index))
    }
    return values
  }

const row = (ids: ReferenceTensor, index: readonly number[], rows: number): number => {
  const id = at(ids, index)
  if (id < 0 || id >= rows) throw new RangeError(`id ${id} outside [0, ${rows})`)
  return id
}

/** Definition of every primitive, in its most direct form. */
export const kernels: { readonly [K in Elementary | 'constant']: Kernel<K> } = {
  constant: ({ dtype, attributes: { data } }) =>
    dtype === 'float32' ? Float64Array.from(data) : Int32Array.from(data),

  neg: elementwise((x) => -x),
  exp: elementwise((x) => Math.exp(x)),
  log: elementwise((x) => Math.log(x)),
  sqrt: elementwise((x) => Math.sqrt(x)),
  sigmoid: elementwise((x) => 1 / (1 + Math.exp(-x))),

  add: elementwise((a, b) => a + b),
  sub: elementwise((a, b) => a - b),
  mul: elementwise((a, b) => a * b),
  div: elementwise((a, b) => a / b),
  maximum: elementwise((a, b) => Math.max(a, b)),
  minimum: elementwise((a, b) => Math.min(a, b)),
  less: elementwise((a, b) => (a < b ? 1 : 0)),
  equal: elementwise((a, b) => (a === b ? 1 : 0)),
  select: elementwise((condition, a, b) => (condition !== 0 ? a : b)),

  sum: reduction(0, (total, x) => total + x),
  max: reduction(-Infinity, (largest, x) => Math.max(largest, x)),
  softmax: (node, x) => {
    const last = node.shape.at(-1)!
    return each(node, (index) => {
      const line = Array.from({ length: last }, (_, i) => at(x, [...index.slice(0, -1), i]))
      const largest = Math.max(...line)
      const total = line.reduce((sum, value) => sum + Math.exp(value - largest), 0)
      return Math.exp(line[index.at(-1)!]! - largest) / total
    })
  },
  matmul: (node, a, b) =>
    each(node, (index) => {
      const [leading, i, j] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!]
      let total = 0
      for (let k = 0; k < a.shape.at(-1)!; k++) total += at(a, [...leading, i, k]) * at(b, [...leading, k, j])
      return total
    }),

  reshape: (_, x) => x.data.slice(),
  transpose: (node, x) =>
    each(node, (index) => {
      const source = new Array<number>(index.length)
      node.attributes.permutation.forEach((axis, i) => (source[axis] = index[i]!))
      return at(x, source)
    }),
  broadcast: elementwise((x) => x),
  slice: (node, x) =>
    each(node, (index) =>
      at(
        x,
        index.map((i, axis) => i + node.attributes.starts[axis]!),
      ),
    ),
  concat: (node, ...inputs) => {
    const { axis } = node.attributes
    return each(node, (index) => {
      let rest = index[axis]!
      for (const x of inputs) {
        if (rest < x.shape[axis]!) return at(x, index.with(axis, rest))
        rest -= x.shape[axis]!
      }
      throw new RangeError('beyond the last part')
    })
  },
  pad: (node, x) =>
    each(node, (index) => {
      const source = index.map((i, axis) => i - node.attributes.before[axis]!)
      return source.every((i, axis) => i >= 0 && i < x.shape[axis]!) ? at(x, source) : 0
    }),

  gather: (node, table, ids) => {
    const leading = ids.shape.length
    return each(node, (index) =>
      at(table, [row(ids, index.slice(0, leading), table.shape[0]!), ...index.slice(leading)]),
    )
  },
  scatterAdd: (node, ids, updates) => {
    const values = zeros(node)
    const leading = ids.shape.length
    for (const index of indicesOf(updates.shape)) {
      const target = [row(ids, index.slice(0, leading), node.attributes.rows), ...index.slice(leading)]
      values[offsetOf(node.shape, target)]! += at(updates, index)
    }
    return values
  },
  oneHot: (node, ids) => each(node, (index) => (at(ids, index.slice(0, -1)) === index.at(-1) ? 1 : 0)),

  cast: (node, x) => each(node, (index) => (node.dtype === 'int32' ? Math.trunc(at(x, index)) : at(x, index))),
  stopGradient: elementwise((x) => x),
}
