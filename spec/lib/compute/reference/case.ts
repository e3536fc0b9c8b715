import { gradient } from '#lib/compute/gradient.js'
import { constant, input, mul, scalar, sum } from '#lib/compute/operation/index.js'
import { dtypeOfElements } from '#lib/compute/program/elements.js'
import type { Elements, HostTensor, Node, Program, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { sizeOf } from './tensor.js'

/** Program and its feed, on which every engine must agree with the interpreter. */
export interface Case {
  readonly name: string
  readonly program: Program
  readonly feed: Readonly<Record<string, HostTensor>>
}

/** Makes inputs of a program together with their values. */
export interface Source {
  readonly float: (shape: Shape, low?: number, high?: number) => Node
  readonly int: (shape: Shape, below: number) => Node
  /** Makes an input with these values. */
  readonly given: (data: Elements, shape: Shape) => Node
}

/** Fixed pseudo-random numbers in [0, 1). */
export const noise = (length: number, seed: number): number[] =>
  Array.from({ length }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453
    return x - Math.floor(x)
  })

/** Case of a program with these outputs. */
export const plain = (name: string, build: (source: Source) => Record<string, Node>): Case => {
  const { source, feed } = recording()
  return { name, program: program(name, build(source)), feed }
}

/** Case of a result and of the gradients of its weighted sum by every float input. */
export const differentiated = (name: string, build: (source: Source) => Node): Case => {
  const { source, feed, floats } = recording()
  const y = build(source)
  const outputs = Object.fromEntries(gradient(weighted(y), floats).map((g, i) => [`gradient${i}`, g]))
  return { name, program: program(name, { y, ...outputs }), feed }
}

/** Weighted sum in which every element has another weight. */
export const weighted = (y: Node): Node => {
  const weights = constant(
    Float32Array.from(noise(sizeOf(y.shape), 99), (x) => x + 0.5),
    y.shape,
  )
  return y.dtype === 'int32'
    ? scalar(0)
    : sum(
        mul(y, weights),
        y.shape.map((_, axis) => axis),
      )
}

const recording = () => {
  const feed: Record<string, HostTensor> = {}
  const floats: Node[] = []
  const given = (data: Elements, shape: Shape): Node => {
    const name = `x${Object.keys(feed).length}`
    const node = input(name, shape, dtypeOfElements(data))
    feed[name] = { shape, data }
    if (node.dtype === 'float32') floats.push(node)
    return node
  }
  const drawn = (shape: Shape) => noise(sizeOf(shape), Object.keys(feed).length)
  const source: Source = {
    given,
    float: (shape, low = -2, high = 2) =>
      given(
        Float32Array.from(drawn(shape), (x) => low + x * (high - low)),
        shape,
      ),
    int: (shape, below) =>
      given(
        Int32Array.from(drawn(shape), (x) => Math.floor(x * below)),
        shape,
      ),
  }
  return { source, feed, floats }
}
