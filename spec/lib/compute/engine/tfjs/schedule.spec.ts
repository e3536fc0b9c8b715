import { fc, test } from '@fast-check/vitest'
import { describe, expect } from 'vitest'
import { schedule } from '#lib/compute/engine/tfjs/schedule.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'

/** Random graph: each node adds two earlier nodes, and the last nodes and some others are outputs. */
const graph = fc
  .array(fc.record({ left: fc.nat(), right: fc.nat(), product: fc.boolean(), output: fc.boolean() }), { minLength: 1 })
  .map((joins) => {
    const nodes: Node[] = [o.input('x', [2]), o.constant(Float32Array.of(3, 5), [2])]
    const outputs: Record<string, Node> = {}
    for (const { left, right, product, output } of joins) {
      const [a, b] = [nodes[left % nodes.length]!, nodes[right % nodes.length]!]
      const node = product ? o.mul(a, b) : o.maximum(a, b)
      nodes.push(node)
      if (output) outputs[`y${nodes.length}`] = node
    }
    return program('graph', { ...outputs, last: nodes.at(-1)! })
  })

describe('a value', () => {
  test.prop([graph])(
    'exists when it is read and is freed by its last reader, unless it is an input, constant or output',
    (random) => {
      const { constants, steps } = schedule(random)
      const alive = new Set<Node>([...random.inputs.values(), ...constants])
      for (const { node, frees } of steps) {
        for (const value of node.inputs) expect(alive).toContain(value)
        alive.add(node)
        for (const value of frees) {
          expect(node.inputs).toContain(value)
          expect(alive.delete(value)).toBe(true)
        }
      }
      const owned = [...random.inputs.values(), ...constants, ...random.outputs.values()]
      expect(alive).toEqual(new Set(owned))
      expect(steps.length + constants.length + random.inputs.size).toBe(topologicalOrder(random).length)
    },
  )
})

describe('axes', () => {
  const deep = (rank: number) => program('deep', { y: o.reshape(o.input('x', [1]), new Array<number>(rank).fill(1)) })

  test('six are accepted', () => {
    expect(schedule(deep(6)).steps).toHaveLength(1)
  })

  test('seven are refused', () => {
    expect(() => schedule(deep(7))).toThrow(
      expect.objectContaining({
        _tag: 'EngineFailed',
        message:
          'program "deep": reshape gives float32[1, 1, 1, 1, 1, 1, 1]; TensorFlow.js computes with at most 6 axes',
      }),
    )
  })
})
