import { describe, expect, test } from 'vitest'
import { S } from '#bench/models.js'
import { factsOf, type PlanFacts } from '#lib/compute/engine/webgpu/plan/facts.js'
import { planOf } from '#lib/compute/engine/webgpu/plan/plan.js'
import { workOf } from '#lib/compute/engine/webgpu/plan/work.js'
import * as o from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { modelProgramNames, modelPrograms } from '#lib/policy/local/model-programs.js'

const factsOfOutputs = (outputs: Record<string, Node>): PlanFacts =>
  factsOf(planOf(program('plan', outputs)), () => false)

describe('the work of a kernel', () => {
  const x = o.input('x', [64, 32])

  test('a product reads its operands once, and multiplies and adds each term', () => {
    const { kernels } = factsOfOutputs({ y: o.exp(o.matmul(x, o.transpose(o.input('w', [48, 32]), [1, 0]))) })
    expect(kernels).toMatchObject([
      {
        bytesRead: 4 * (64 * 32 + 48 * 32),
        bytesWritten: 4 * 64 * 48,
        flops: 2 * 64 * 32 * 48 + 64 * 48,
        inputs: [
          { kind: 'input', names: ['x'] },
          { kind: 'input', names: ['w'] },
        ],
      },
    ])
  })

  test('a slice and a table are read in part', () => {
    const ids = o.input('ids', [5], 'int32')
    const { kernels } = factsOfOutputs({
      part: o.neg(o.slice(x, [0, 0], [3, 32])),
      rows: o.gather(o.input('table', [1000, 8]), ids),
    })
    const bytes = kernels.reduce((sum, { bytesRead }) => sum + bytesRead, 0)
    expect(bytes).toBe(4 * (3 * 32 + 5 * 8 + 5))
  })

  test('a reduction counts its terms, and what is computed of each', () => {
    const { kernels } = factsOfOutputs({ y: o.sqrt(o.sum(o.mul(x, x), [-1])) })
    expect(kernels).toMatchObject([{ bytesRead: 4 * 64 * 32, bytesWritten: 4 * 64, flops: 2 * 64 * 32 + 64 }])
  })

  test('a write into a cache moves one entry of each row', () => {
    const [cache, entry] = [o.input('cache', [2, 1, 16, 4]), o.input('entry', [2, 1, 1, 4])]
    const written = o.writeCache(cache, entry, o.input('positions', [2], 'int32'))
    const { kernels, copies } = factsOfOutputs({ cache: written })
    expect(kernels).toMatchObject([{ bytesRead: 4 * (2 * 4 + 2), bytesWritten: 4 * 2 * 4 }])
    // The cache is written in place if the run may take it over.
    expect(copies).toBe(0)
  })

  test('causal attention counts the pairs of a query and a key before it or at its place', () => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => o.input(name, [1, 2, 5, 8])) as [Node, Node, Node]
    const [pairs, heads, width] = [1 + 2 + 3 + 4 + 5, 2, 8]
    expect(factsOfOutputs({ y: o.causalAttention(q, k, v) }).kernels).toMatchObject([
      { flops: 4 * pairs * heads * width },
    ])
  })
})

describe.each(modelProgramNames)('the plan of %s of the model S', (name) => {
  const { program: whole, isResident } = modelPrograms(S.config, { rows: 8, length: 16 })[name]()
  const plan = planOf(whole)
  const facts = factsOf(plan, isResident)

  test('the values that the work of a kernel reads and writes are those that the kernel binds', () => {
    for (const step of plan.steps) {
      if (step.kind === 'copy') continue
      const { reads, writes } = workOf(step.launch, plan.isStored)
      const bound = step.kernel.bindings.map(({ node }) => node)
      expect(new Set([...reads.keys(), ...writes.keys()]), step.kernel.label).toEqual(new Set(bound))
    }
  })

  test('no kernel reads the result of a later one', () => {
    facts.kernels.forEach(({ inputs }, i) => {
      for (const input of inputs) if (input.kind === 'kernel') expect(input.number).toBeLessThanOrEqual(i)
    })
  })

  test('a run copies only numbers of the batch', () => {
    expect(facts.bytesIn).toBeLessThan(4 * 8 * 16 * 12 + 4 * 64)
    expect(facts.bytesOut).toBeLessThanOrEqual(4 * 8 * S.config.vocabulary)
  })
})

test('the products of a training pass take most of its operations: six for each weight and token, at least', () => {
  const [rows, length] = [8, 16]
  const { program: whole, isResident } = modelPrograms(S.config, { rows, length }).train()
  const flops = factsOf(planOf(whole), isResident).kernels.reduce((sum, kernel) => sum + kernel.flops, 0)
  const { width, heads, headWidth, feedForward, layers } = S.config
  const projections = layers * (4 * width * heads * headWidth + 3 * width * feedForward)
  expect(flops).toBeGreaterThan(6 * projections * rows * length)
  expect(flops).toBeLessThan(2 * 6 * projections * rows * length)
})
