import { fc, test } from '@fast-check/vitest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { input, reshape } from '#lib/compute/operation/index.js'
import type { Node } from '#lib/compute/program/node.js'
import { decoder, head } from '#lib/model/decoder.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { namedInputs, weightShapes } from '#lib/model/weights.js'
import { interpret } from '../compute/reference/interpret.js'
import { expectGoldenLogits } from './golden-logits.js'
import { fullPass } from './full-pass.js'
import { feedOf, formulaWeights, golden, goldenWeights, ints } from './golden.js'
import type { Runner } from './runner.js'
import { runners } from './runners.js'

describe.each(runners)('decoder in $name', ({ open, tolerance }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  it('gives the logits of Hugging Face’s Qwen3', () => expectGoldenLogits(runner, tolerance))
})

describe('decoder', () => {
  const [T, V] = [6, golden.config.vocabulary]
  const onePass = fullPass(golden.config, 1, T)
  const weights = feedOf(goldenWeights)
  const logits = (tokens: readonly number[]) => [
    ...interpret(onePass, { ...weights, tokens: ints([1, T], tokens) })['logits']!.data,
  ]
  const row = fc.array(fc.nat(V - 1), { minLength: T, maxLength: T })

  test.prop([row, row, fc.integer({ min: 1, max: T - 1 })], { numRuns: 15 })(
    'does not attend to later tokens: padding on the right changes nothing before it',
    (tokens, others, length) => {
      const padded = [...tokens.slice(0, length), ...others.slice(length)]
      expect(logits(padded).slice(0, length * V)).toEqual(logits(tokens).slice(0, length * V))
    },
  )

  it('attends to all earlier tokens', () => {
    const tokens = [1, 2, 3, 4, 5, 6]
    const last = (row: readonly number[]) => logits(row).slice(-V)
    for (let at = 0; at < T; at++) expect(last(tokens.with(at, 9))).not.toEqual(last(tokens))
  })

  it('depends on the order of earlier tokens', () => {
    expect(logits([1, 2, 3, 4, 5, 6]).slice(-V)).not.toEqual(logits([2, 1, 3, 4, 5, 6]).slice(-V))
  })

  it('does not attend to other rows', () => {
    const [first, second] = [
      [1, 2, 3, 4, 5, 6],
      [7, 8, 9, 10, 0, 1],
    ]
    const both = interpret(fullPass(golden.config, 2, T), { ...weights, tokens: ints([2, T], [...first, ...second]) })
    expect([...both['logits']!.data]).toEqual([...logits(first), ...logits(second)])
  })

  it.each<[string, Partial<DecoderConfig>]>([
    ['one head for all', { heads: 4, kvHeads: 1 }],
    ['a key head for each query head', { heads: 3, kvHeads: 3 }],
    ['heads that are wider than the model together', { width: 6, heads: 2, kvHeads: 1, headWidth: 8 }],
    ['one layer', { layers: 1 }],
  ])('takes %s', (_, sizes) => {
    const config = { ...golden.config, ...sizes }
    const feed = { ...feedOf(formulaWeights(config)), tokens: ints([2, 3], [1, 2, 3, 4, 5, 6]) }
    const found = interpret(fullPass(config, 2, 3), feed)['logits']!
    expect(found.shape).toEqual([6, V])
    expect([...found.data].every(Number.isFinite)).toBe(true)
  })

  it('names a missing weight', () => {
    const weights = new Map(namedInputs(weightShapes(golden.config)))
    const tokens = input('tokens', [T], 'int32')
    const flat = ({ q }: { q: Node }) => reshape(q, [T, q.shape[1]! * q.shape[2]!])
    const identity = () => decoder(golden.config, weights, tokens, (_, heads) => flat(heads))
    expect(identity).not.toThrow()
    weights.delete('model.layers.1.mlp.up_proj.weight')
    expect(identity).toThrow(new RangeError('the model has no weight model.layers.1.mlp.up_proj.weight'))
    weights.delete('model.embed_tokens.weight')
    expect(() => head(weights, input('hidden', [1, 8]))).toThrow('model.embed_tokens.weight')
  })
})
