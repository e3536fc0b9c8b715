import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { objectives } from '#lib/objective/index.js'
import { expectClose, expectRelative } from '../compute/reference/close.js'
import type { Runner } from '../model/runner.js'
import { runners } from '../model/runners.js'
import { type Expected, feedOf, golden, lossProgram, minibatchOf, objectiveOf } from './golden.js'

const cases = golden.batches.flatMap((batch) =>
  batch.expected.map((expected) => ({ batch, expected, name: `${titleOf(expected)}: ${batch.name}` })),
)

function titleOf(expected: Expected): string {
  const { objective, options, aggregation, klForm = '', entropyCoefficient = '', mismatch = '' } = expected
  const top = expected.topEntropyQuantile ?? ''
  return [objective, JSON.stringify(options), aggregation, klForm, entropyCoefficient, mismatch, top].join(' ').trim()
}

it('has reference numbers for every objective except supervised', () => {
  const named = new Set(cases.map(({ expected }) => expected.objective))
  expect([...named, 'supervised'].sort()).toEqual(Object.keys(objectives).sort())
})

describe.each(runners)('value and gradient on $name', ({ open, tolerance }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  it.each(cases)('$name', async ({ batch, expected }) => {
    const objective = objectiveOf(expected)
    const minibatch = minibatchOf(batch, expected)
    const program = lossProgram(batch, objective)
    const found = await runner.run(program, feedOf(batch, objective, minibatch, program.inputs))
    expectClose(found['loss']!.data, [expected.loss], tolerance)
    expectRelative(found['gradient']!.data, expected.gradient_BTV.flat(2), tolerance)
  })
})

describe('marks', () => {
  it.each(cases.filter(({ expected }) => expected.marked_BT !== undefined))('$name', ({ batch, expected }) => {
    expect([...objectiveOf(expected).marks!(minibatchOf(batch, expected))]).toEqual(expected.marked_BT!.flat())
  })
})
