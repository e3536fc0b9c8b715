import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scoreProgram } from '#lib/model/program/score.js'
import { expectRelative } from '../../compute/reference/close.js'
import { interpret } from '../../compute/reference/interpret.js'
import { feedOf, golden, goldenSequences, goldenShape, goldenWeights, ints } from '../golden.js'
import type { Runner } from '../runner.js'
import { runners } from '../runners.js'

const [B, T] = golden.shape
const program = scoreProgram(golden.config, goldenShape())
const feed = {
  ...feedOf(goldenWeights),
  ...goldenSequences(),
}
const statistics = ['logprob', 'entropy', 's', 'expectedS', 'squares'] as const

describe.each(runners)('scoring in $name', ({ open, tolerance }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  it.each(statistics)('agrees with torch on the %s', async (name) => {
    const found = (await runner.run(program, feed))[name]!
    expect(found.shape).toEqual([B, T])
    expectRelative(found.data, golden[name], tolerance)
  })
})

describe('scoring', () => {
  it('has five matrices as outputs, and completions and prompts as inputs', () => {
    expect([...program.outputs.keys()]).toEqual([...statistics])
    expect([...program.inputs.keys()].sort()).toEqual(Object.keys(feed).sort())
  })

  it('does not depend on the padding of a row', () => {
    const longer = scoreProgram(golden.config, { ...goldenShape(), length: T + 3 })
    const widened = (data: readonly number[]) =>
      Array.from({ length: B }, (_, b) => [...data.slice(b * T, (b + 1) * T), 10, 3, b]).flat()
    const wide = interpret(longer, {
      ...feed,
      targets: ints([B, T + 3], widened(golden.targets)),
    })
    const narrow = interpret(program, feed)
    for (const name of statistics) {
      const rows = Array.from({ length: B }, (_, b) => [...wide[name]!.data.slice(b * (T + 3), b * (T + 3) + T)])
      expect(rows.flat()).toEqual([...narrow[name]!.data])
    }
  })
})
