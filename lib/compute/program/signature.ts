import type { TensorType } from './shape.js'

/** Name of a program, and the types of its inputs and outputs. A program is such a signature with the nodes between. */
export interface Signature {
  /** Name for messages and traces. */
  readonly name: string
  readonly inputs: ReadonlyMap<string, TensorType>
  readonly outputs: ReadonlyMap<string, TensorType>
}

/** Returns the signature of a program without its nodes, so that they do not stay in memory with it. */
export const signatureOf = ({ name, inputs, outputs }: Signature): Signature => ({
  name,
  inputs: typesOf(inputs),
  outputs: typesOf(outputs),
})

const typesOf = (named: ReadonlyMap<string, TensorType>): ReadonlyMap<string, TensorType> =>
  new Map([...named].map(([name, { shape, dtype }]) => [name, { shape, dtype }]))
