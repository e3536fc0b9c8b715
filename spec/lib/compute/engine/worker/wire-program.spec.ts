import { expect, test } from 'vitest'
import { fromWire, toWire } from '#lib/compute/engine/worker/wire-program.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node, Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { cases } from '../../reference/cases.js'

/**
 * Program in which every node stands once, and names its inputs by their places. A comparison that follows references would visit
 * a shared node once for every path to it.
 */
const flat = (program: Program) => {
  const order = topologicalOrder(program)
  const placeOf = (node: Node) => order.indexOf(node)
  return {
    ...program,
    nodes: order.map((node) => ({ ...node, inputs: node.inputs.map(placeOf) })),
    inputs: [...program.inputs].map(([name, node]) => [name, placeOf(node)]),
    outputs: [...program.outputs].map(([name, node]) => [name, placeOf(node)]),
  }
}

test.each(cases)('$name is restored', ({ program }) => {
  expect(flat(fromWire(structuredClone(toWire(program))))).toEqual(flat(program))
})

test('shared nodes stay shared', () => {
  const x = o.exp(o.input('x', [2]))
  const { outputs } = fromWire(structuredClone(toWire(program('twice', { x, y: o.mul(x, x) }))))
  expect(outputs.get('y')!.inputs).toEqual([outputs.get('x'), outputs.get('x')])
  expect(outputs.get('y')!.inputs[0]).toBe(outputs.get('x'))
})

test('a program much deeper than the stack is restored', () => {
  const x = o.input('x', [1])
  const y = Array.from({ length: 50_000 }).reduce<Node>((sum) => o.add(sum, x), x)
  const wire = structuredClone(toWire(program('deep', { y })))
  expect(fromWire(wire).inputs.size).toBe(1)
  expect(wire.nodes).toHaveLength(50_001)
})
