import { dtypeOfElements } from '../../program/elements.js'
import type { DType, Elements, Node, Shape } from '../../program/node.js'
import {
  AttributeType,
  ElementType,
  type AttributeProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './model-proto.js'

type Attributes = Readonly<Record<string, AttributeValue>>

/** A number is an integer in ONNX unless it is wrapped. */
type AttributeValue = number | readonly number[] | string | { readonly float: number }

/** The operators that ONNX Runtime adds to those of ONNX. */
export const CONTRIB = 'com.microsoft'

/** An ONNX graph under construction. Values are names; the builder invents them. */
export class GraphBuilder {
  readonly #nodes: NodeProto[] = []
  readonly #tensors = new Map<string, TensorProto>()
  readonly #computed = new Set<string>()
  readonly #values = new Map<Node, string>()
  readonly #truths = new Map<Node, string>()
  readonly #remembered = new Map<string, string>()
  #names = 0

  /** Appends a node of one output and names that output. */
  emit(opType: string, input: readonly string[], attributes: Attributes = {}, domain?: string): string {
    return this.emitAll(1, opType, input, attributes, domain)[0]!
  }

  /** Appends a node of several outputs and names them. */
  emitAll(
    outputs: number,
    opType: string,
    input: readonly string[],
    attributes: Attributes = {},
    domain = '',
  ): readonly string[] {
    const output = Array.from({ length: outputs }, () => this.#fresh(opType))
    const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value))
    for (const name of output) this.#computed.add(name)
    this.#nodes.push({ name: output[0]!, opType, domain, input, output, attribute })
    return output
  }

  reshape(x: string, shape: Shape): string {
    return this.emit('Reshape', [x, this.integers(shape)], { allowzero: 1 })
  }

  constant(data: Elements, dims: Shape): string {
    return this.#tensor(this.#fresh('constant'), dims, data, ElementType[dtypeOfElements(data)])
  }

  /** A vector of int64, which is how ONNX takes shapes and axes; equal ones are shared. */
  integers(values: readonly number[]): string {
    const name = `#[${values.join()}]`
    return this.#tensors.has(name)
      ? name
      : this.#tensor(name, [values.length], BigInt64Array.from(values, BigInt), ElementType.int64)
  }

  readonly valueOf = (node: Node): string => {
    const value = this.#values.get(node)
    if (value === undefined) throw new RangeError(`${node.op} is used before it is lowered`)
    return value
  }

  /** Whether the value is the result of a node, not an input or a constant. */
  computes(value: string): boolean {
    return this.#computed.has(value)
  }

  define(node: Node, value: string): void {
    this.#values.set(node, value)
  }

  /** Keeps a value that came along with another, for the node that wants it. */
  remember(what: string, value: string): void {
    this.#remembered.set(what, value)
  }

  /** What was kept under that name, or else is made now and kept. */
  once(what: string, make: () => string): string {
    const value = this.#remembered.get(what) ?? make()
    this.remember(what, value)
    return value
  }

  /** Turns a bool into the float32 mask of a comparison, and remembers it for those who want the bool. */
  mask(node: Node, truth: string): string {
    this.#truths.set(node, truth)
    return this.emit('Cast', [truth], { to: ElementType.float32 })
  }

  /** The bool of a mask. */
  truthOf(node: Node): string {
    return this.#truths.get(node) ?? this.emit('Cast', [this.valueOf(node)], { to: ElementType.bool })
  }

  /** What the given values need, in an order that can run. */
  reachable(outputs: Iterable<string>): {
    readonly node: readonly NodeProto[]
    readonly initializer: readonly TensorProto[]
  } {
    const needed = new Set(outputs)
    const node = this.#nodes.toReversed().filter(({ output, input }) => {
      const used = output.some((value) => needed.has(value))
      if (used) input.forEach((value) => needed.add(value))
      return used
    })
    return { node: node.reverse(), initializer: [...this.#tensors.values()].filter(({ name }) => needed.has(name)) }
  }

  #tensor(name: string, dims: Shape, data: Elements | BigInt64Array, dataType: number): string {
    const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    this.#tensors.set(name, { name, dims, dataType, rawData })
    return name
  }

  /** Inputs of programs are called without `#`. */
  #fresh(label: string): string {
    return `#${this.#names++} ${label}`
  }
}

export const valueInfo = (name: string, dtype: DType, shape: Shape): ValueInfoProto => ({
  name,
  type: { tensorType: { elemType: ElementType[dtype], shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
})

const attributeProto = (name: string, value: AttributeValue): AttributeProto => {
  if (typeof value === 'number') return { name, type: AttributeType.int, i: value }
  if (typeof value === 'object' && 'float' in value) return { name, type: AttributeType.float, f: value.float }
  if (typeof value === 'string') return { name, type: AttributeType.string, s: new TextEncoder().encode(value) }
  return { name, type: AttributeType.ints, ints: value }
}
