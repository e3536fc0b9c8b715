import { describe, expect, test } from 'vitest'
import * as o from '#lib/compute/operation/index.js'
import { isOp, type Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { topologicalOrder } from '#lib/compute/program/traverse.js'
import { PipelineError } from '#lib/pipeline-error.js'
import { cases } from '../reference/cases.js'
import { interpret } from '../reference/interpret.js'

const x = o.input('x', [2])
const ops = (outputs: Record<string, Node>): string[] => topologicalOrder(program('p', outputs)).map(({ op }) => op)
const constants = (...all: Node[]): number =>
  ops(Object.fromEntries(all.map((node, i) => [i, node]))).filter((op) => op === 'constant').length

describe('program', () => {
  test('collects the inputs that its outputs need, and keeps the order and names of the outputs', () => {
    const [a, b] = [o.input('a', [2]), o.input('b', [2], 'int32')]
    const made = program('both', { second: o.neg(b), first: o.exp(a) })
    expect(made.name).toBe('both')
    expect([...made.outputs.keys()]).toEqual(['second', 'first'])
    expect(made.inputs).toEqual(
      new Map([
        ['b', b],
        ['a', a],
      ]),
    )
    expect([...made.inputs.values()]).not.toContain(x)
  })

  test('refuses two inputs with the same name', () => {
    const build = () => program('twice', { y: o.add(x, o.input('x', [2])) })
    expect(build).toThrow(PipelineError)
    expect(build).toThrow('program twice: two inputs are named x')
  })

  test('leaves out nodes that no output needs', () => {
    o.exp(x)
    expect(ops({ y: o.neg(x) })).toEqual(['input', 'neg'])
  })

  test('computes equal expressions once, through any depth', () => {
    const f = (y: Node) => o.sum(o.exp(o.mul(y, o.scalar(2))), [0])
    const made = program('p', { a: f(x), b: f(x), c: o.neg(f(x)) })
    expect(made.outputs.get('a')).toBe(made.outputs.get('b'))
    expect(made.outputs.get('c')?.inputs).toEqual([made.outputs.get('a')])
    expect(topologicalOrder(made).map(({ op }) => op)).toEqual(['input', 'constant', 'mul', 'exp', 'sum', 'neg'])
  })

  test('keeps nodes apart that differ in operation, attributes, order or type', () => {
    const y = o.input('y', [2])
    expect(ops({ a: o.exp(x), b: o.log(x) }).length).toBe(3)
    expect(ops({ a: o.sum(x, [0]), b: o.sum(x, [0], true) }).length).toBe(3)
    expect(ops({ a: o.sub(x, y), b: o.sub(y, x) }).length).toBe(4)
    expect(ops({ a: o.concat([x, x], 0), b: o.concat([x, x, x], 0) }).length).toBe(3)
  })

  test('merges constants by content, shape and type', () => {
    const data = () => Float32Array.of(1, 2)
    expect(constants(o.constant(data(), [2]), o.constant(data(), [2]))).toBe(1)
    expect(constants(o.constant(data(), [2]), o.constant(data(), [1, 2]))).toBe(2)
    expect(constants(o.constant(data(), [2]), o.constant(Float32Array.of(1, 3), [2]))).toBe(2)
    expect(constants(o.constant(Float32Array.of(0), []), o.constant(Int32Array.of(0), []))).toBe(2)
    expect(constants(o.scalar(0), o.scalar(-0))).toBe(2)
    expect(constants(o.scalar(NaN), o.scalar(NaN))).toBe(1)
    expect(constants(o.constant(new Float32Array([9, 1, 2]).subarray(1), [2]), o.constant(data(), [2]))).toBe(1)
  })

  test('constants whose hashes collide stay apart', () => {
    // In FNV-1a the states differ by d after the first word, so second words that differ by d make them equal again.
    const after = (word: number) => Math.imul(0x811c9dc5 ^ word, 0x01000193)
    const colliding = after(1) ^ after(2)
    const [a, b] = [o.constant(Int32Array.of(1, 0), [2]), o.constant(Int32Array.of(2, colliding), [2])]
    expect(constants(a, b)).toBe(2)
    const third = o.constant(Int32Array.of(1, 0), [2])
    expect(interpret(program('p', { a, b, third }), {})).toMatchObject({
      a: { data: Int32Array.of(1, 0) },
      b: { data: Int32Array.of(2, colliding) },
      third: { data: Int32Array.of(1, 0) },
    })
  })

  test('changes no node of its arguments', () => {
    const twin = o.add(o.exp(x), o.exp(x))
    const before = [...twin.inputs]
    program('p', { twin })
    expect(twin.inputs).toEqual(before)
    expect(twin.inputs[0]).not.toBe(twin.inputs[1])
  })

  test('makes the same program from the outputs of a program', () => {
    for (const { program: made } of cases) {
      const again = program(made.name, Object.fromEntries(made.outputs))
      expect(again).toEqual(made)
      for (const [name, node] of again.outputs) expect(node).toBe(made.outputs.get(name))
    }
  })
})

describe('topologicalOrder', () => {
  test('puts inputs before users, each node once', () => {
    for (const { program: made } of cases) {
      const order = topologicalOrder(made)
      const position = new Map(order.map((node, i) => [node, i]))
      expect(position.size).toBe(order.length)
      order.forEach((node, i) => node.inputs.forEach((input) => expect(position.get(input)).toBeLessThan(i)))
      expect(order.filter((node) => isOp(node, 'input')).length).toBe(made.inputs.size)
    }
  })

  test('accepts a chain of 100,000 nodes, each used twice', () => {
    const deep = Array.from({ length: 100_000 }).reduce<Node>((y) => o.mul(y, y), x)
    expect(topologicalOrder(program('deep', { deep })).length).toBe(100_001)
  })
})
