import { describe, expect, test } from 'vitest'
import { S, shapeOf } from '#bench/models.js'
import { planOf } from '#lib/compute/engine/webgpu/plan/plan.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node, Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { decodeProgram } from '#lib/model/program/generate.js'
import { trainProgram } from '#lib/model/program/train.js'
import { trainedShapes } from '#lib/model/weights.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { adamwDefaults, adamwProgram } from '#lib/optimizer/adamw.js'

const kernelsOf = (whole: Program) =>
  planOf(whole).steps.flatMap((step) => (step.kind === 'kernel' ? [step.kernel] : []))
const labelsOf = (outputs: Record<string, Node>) => kernelsOf(program('plan', outputs)).map(({ label }) => label)

describe('fusion', () => {
  const x = o.input('x', [64, 32])
  const weight = o.input('weight', [48, 32])

  test('a chain of elementwise operations is one kernel', () => {
    expect(labelsOf({ y: o.mul(o.exp(o.neg(x)), o.scalar(2)) })).toEqual(['neg exp mul'])
  })

  test('views need no kernel: a product reads a transposed operand in place, and its result passes through the epilogue', () => {
    const product = o.matmul(x, o.transpose(weight, [1, 0]))
    expect(labelsOf({ y: o.exp(o.add(product, o.input('bias', [48]))) })).toEqual(['matmul add exp'])
  })

  test('a reduction computes its terms, and what follows it', () => {
    expect(labelsOf({ y: o.sqrt(o.sum(o.mul(x, x), [-1])) })).toEqual(['sum sqrt'])
  })

  test('a sum of two products is in the epilogue of one of them', () => {
    const other = o.matmul(o.input('z', [64, 32]), o.transpose(weight, [1, 0]))
    const sum = o.add(o.matmul(x, o.transpose(weight, [1, 0])), o.exp(other))
    expect(labelsOf({ y: sum }).sort()).toEqual(['matmul add', 'matmul exp'])
  })

  test('products that do not depend on each other are launched together', () => {
    const product = (name: string) => o.matmul(x, o.input(name, [32, 48]))
    expect(labelsOf({ a: product('first'), b: product('second') })).toEqual(['matmul | matmul'])
  })

  test('no kernel binds more buffers than every device allows', () => {
    const many: readonly Node[] = Array.from({ length: 20 }, (_, i) => o.input(`x${i}`, [5]))
    for (const { bindings } of [
      ...kernelsOf(program('sum', { y: many.reduce(o.add) })),
      ...kernelsOf(program('join', { y: o.concat(many, 0) })),
    ])
      expect(bindings.length).toBeLessThanOrEqual(8)
  })
})

describe('the plan of a program of the model S', () => {
  const train = trainProgram(S.config, ppoClip(), shapeOf(S))
  const adamw = adamwProgram(trainedShapes(S.config), adamwDefaults)
  const decode = decodeProgram(S.config, 256, 64)

  test('an update takes at most 300 dispatches', () => {
    expect(kernelsOf(train).length + kernelsOf(adamw).length).toBeLessThanOrEqual(300)
  })

  test('a decode step takes at most 60 dispatches', () => {
    expect(kernelsOf(decode).length).toBeLessThanOrEqual(60)
  })

  test('the optimiser updates all weights in a few kernels', () => {
    expect(kernelsOf(adamw).length).toBeLessThanOrEqual(12)
  })

  test('the arena is at most 1.3 times what is alive at once', () => {
    for (const { arena } of [train, adamw, decode].map((each) => planOf(each))) {
      expect(arena.bytes).toBeGreaterThan(0)
      expect(arena.bytes).toBeLessThanOrEqual(1.3 * arena.bound)
    }
  })

  test('caches are written in place', () => {
    expect(planOf(decode).inPlace.size).toBe(2 * S.config.layers)
  })
})
