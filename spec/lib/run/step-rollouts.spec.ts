import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { countdown } from '#rewards.js'
import { stepRollouts, StepRolloutsCodec } from '#lib/run/step-rollouts.js'
import { reportOf } from './reports.js'

const { tokenizer } = countdown()
const report = reportOf(3, 0.5)
const example = report.examples[0]!

describe('stepRollouts', () => {
  it('records a rollout token by token, with its reward and its outcome', () => {
    expect(stepRollouts(report, tokenizer)).toEqual({
      step: 3,
      scoreMethod: 'exact',
      rollouts: [
        {
          prompt: '3 4 5 = 17',
          tokens: [3, 4].map((id) => tokenizer.decode([id])),
          entropy: [0.5, 0.25],
          finish: 'stop',
          reward: 1,
          correct: true,
          fault: null,
          advantage: 1,
          accepted: true,
          predictedChange: 0.125,
        },
      ],
    })
  })

  it('has no advantage if the estimator excluded it, and rounds entropies', () => {
    const excluded = { ...example, advantage: NaN, accepted: false, entropy_T: Float32Array.of(1 / 3, 2) }
    const [found] = stepRollouts({ ...report, examples: [excluded] }, tokenizer).rollouts
    expect(found).toMatchObject({ advantage: null, accepted: false, entropy: [0.3333, 2] })
  })

  it('is read back from a line of its log', () => {
    const rollouts = stepRollouts(report, tokenizer)
    expect(StepRolloutsCodec.decode(JSON.parse(JSON.stringify(rollouts)))).toEqual(E.right(rollouts))
  })
})
