import type { Node } from '../../program/node.js'
import { CONTRIB, type GraphBuilder } from './graph.js'
import { ElementType } from './model-proto.js'

/** Bytes a row is rounded to, on either side of the one that is 0. */
const STEPS = 127
const ZERO = 128

/** A row of nothing but zeros is divided by it. */
const SMALLEST = 1e-30

/**
 * A product of bytes: each row of x is divided by its largest number and rounded to 127 steps either way, once for all
 * products of that x. DynamicQuantizeMatMul would round all rows by one scale, and again for each product.
 */
export const quantizedMatmul = (
  _: Node<'quantizedMatmul'>,
  graph: GraphBuilder,
  [x, weight, scale]: readonly [string, string, string],
): string => {
  const number = (value: number) => graph.once(`the number ${value}`, () => graph.constant(Float32Array.of(value), []))
  const step = number(1 / STEPS)
  const zero = graph.once('the byte of zero', () =>
    graph.emit('Cast', [graph.constant(Int32Array.of(ZERO), [])], { to: ElementType.uint8 }),
  )
  const largest = graph.once(`largest of each row of ${x}`, () => {
    const sizes = graph.emit('ReduceMax', [graph.emit('Abs', [x]), graph.integers([1])], { keepdims: 1 })
    return graph.emit('Max', [sizes, number(SMALLEST)])
  })
  const bytes = graph.once(`${x} in bytes`, () =>
    graph.emit('QuantizeLinear', [graph.emit('Div', [x, largest]), step, zero]),
  )
  const product = graph.emit('MatMulIntegerToFloat', [bytes, weight, step, scale, zero], {}, CONTRIB)
  return graph.emit('Mul', [product, largest])
}
