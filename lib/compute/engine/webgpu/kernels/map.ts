import { sizeOf } from '../../../program/shape.js'
import type { Bindings } from './bindings.js'
import { Emitter, type IsStored } from './emitter.js'
import type { Group } from '../fusion/group.js'
import { flatPosition } from './position.js'
import { type Part, THREADS } from './shader.js'

/** Code of elementwise operations and views. Each thread computes one element of every result. */
export const mapPart = ({ outputs }: Group, isStored: IsStored, bindings: Bindings): Part => {
  const emitter = new Emitter(bindings, isStored)
  const count = sizeOf(outputs[0]!.shape)
  emitter.line(`let i = group * ${THREADS} + lane;`)
  emitter.block(`if (i < ${count})`, () => {
    for (const node of outputs) {
      const value = emitter.compute(node, flatPosition(node.shape, 'i'))
      emitter.registers.set(node, value)
      emitter.line(`${bindings.write(node)}[i] = ${value};`)
    }
  })
  return { globals: [], body: emitter.code, workgroups: Math.ceil(count / THREADS), threads: THREADS }
}
