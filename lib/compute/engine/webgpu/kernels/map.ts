import { sizeOf } from '../../../program/shape.js'
import { Bindings } from './bindings.js'
import { Emitter, type IsStored } from './emitter.js'
import type { Group } from '../fusion/group.js'
import type { Kernel } from './kernel.js'
import { flatPosition } from './position.js'
import { shaderOf, THREADS } from './shader.js'

/** Kernel of elementwise operations and views. Each thread computes one element of every result. */
export const mapKernel = ({ outputs, label }: Group, isStored: IsStored): Kernel => {
  const bindings = new Bindings()
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
  return {
    label,
    code: shaderOf(bindings, emitter.code),
    bindings: bindings.list,
    workgroups: Math.ceil(count / THREADS),
  }
}
