import type { Node } from '../../../program/node.js'
import { sizeOf } from '../../../program/shape.js'
import type { Group } from '../fusion/group.js'
import type { Bindings } from './bindings.js'
import { Emitter, type IsStored } from './emitter.js'
import { flatPosition, quotient, remainder } from './position.js'
import { type Part, THREADS } from './shader.js'

/**
 * Code that writes an entry of each row into a cache. The cache is in place already: it was donated, or copied before.
 *
 * @shape entry [B, K, 1, D], positions [B], cache [B, K, L, D]
 */
export const writeCachePart = ({ anchor }: Group, isStored: IsStored, bindings: Bindings): Part => {
  const node = anchor as Node<'writeCache'>
  const [, entry, positions] = node.inputs as [Node, Node, Node]
  const [, heads, limit, width] = node.shape as [number, number, number, number]
  const count = sizeOf(entry.shape)
  const emitter = new Emitter(bindings, isStored)
  emitter.line(`let i = group * ${THREADS} + lane;`)
  emitter.block(`if (i < ${count})`, () => {
    const row = emitter.declare(quotient('i', heads * width))
    const place = emitter.value(positions, flatPosition(positions.shape, row))
    emitter.block(`if (${place} >= 0 && ${place} < ${limit})`, () => {
      const value = emitter.value(entry, flatPosition(entry.shape, 'i'))
      emitter.line(
        `${bindings.write(node)}[(${quotient('i', width)} * ${limit} + ${place}) * ${width} + ${remainder('i', width)}] = ${value};`,
      )
    })
  })
  return { globals: [], body: emitter.code, workgroups: Math.ceil(count / THREADS), threads: THREADS }
}
