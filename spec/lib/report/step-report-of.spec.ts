import { describe, expect, it } from 'vitest'
import { everything } from '#lib/entropy/filter/everything.js'
import { sign } from '#lib/entropy/filter/sign.js'
import { diagnosticsOf } from '#lib/report/diagnostics.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { stepReportOf } from '#lib/report/step-report-of.js'
import { aMeasuredBatch, anEmptyBatch, anEntropyState, anUpdate, someScores } from '#testing.js'

// Response b has b + 1 tokens, a reward equal to its advantage, and a predicted entropy change of -A/4 per token.
const batch = aMeasuredBatch(4, [2, -1, 0, 1])

describe('stepReportOf', () => {
  it('counts accepted and rejected responses by the sign of their advantage', () => {
    const state = anEntropyState(4, { drift: -1 })
    const filtered = sign().admit(state, batch)
    expect(stepReportOf(filtered, anUpdate(9))).toEqual({
      step: 4,
      outcome: anUpdate(9),
      entropy: state,
      reward: { mean: 0.5, correct: 0.5 },
      accepted: { positive: 0, zero: 1, negative: 1 },
      rejected: { positive: 2, zero: 0, negative: 0 },
      excluded: 0,
      truncated: 0,
      tokens: { sampled: 10, trained: 5 },
      predictedChange: (2 * 0.25 + 3 * 0) / 5,
      diagnostics: diagnosticsOf(filtered),
      failures: 0,
      failureKinds: [],
      faults: { 'no-answer': 0, malformed: 0, 'timed-out': 0, 'out-of-memory': 0 },
      groups: new Set(batch.responses.map(({ group }) => group)).size,
      failedGroups: 0,
      zeroVarianceGroups: 0,
      discardedGroups: 0,
      staleGroups: 0,
      staleness: { mean: 8, max: 8 },
      filterMemory: null,
      position: null,
      controlled: null,
      examples: batch.responses.map((response, b) => ({
        response,
        advantage: batch.advantages_B[b],
        accepted: filtered.accepted_B[b],
        entropy_T: new Float32Array(b + 1).fill(0.5),
        predictedChange: 0 - batch.advantages_B[b]! * 0.25 * (b + 1),
      })),
    })
  })

  it('counts no token as trained if the step changed no weights', () => {
    const outcome = { status: 'skipped', version: 3, reason: 'non-finite-loss' } as const
    const { tokens, accepted } = stepReportOf(everything().admit(anEntropyState(4), batch), outcome)
    expect(tokens).toEqual({ sampled: 10, trained: 0 })
    expect(accepted).toEqual({ positive: 2, zero: 1, negative: 1 })
  })

  it('has the share of the responses that the length limit cut', () => {
    const cut = batch.responses.map((response, b) =>
      b === 1 ? { ...response, completion: { ...response.completion, finish: 'length' as const } } : response,
    )
    const report = stepReportOf(everything().admit(anEntropyState(4), { ...batch, responses: cut }), anUpdate(9))
    expect(report.truncated).toBe(1 / batch.responses.length)
    expect(stepMetrics(report).truncated).toBe(1 / batch.responses.length)
  })

  it('counts a response without an advantage as excluded only', () => {
    const excluding = aMeasuredBatch(4, [2, NaN, -1])
    const report = stepReportOf(everything().admit(anEntropyState(4), excluding), anUpdate(9))
    expect(report).toMatchObject({
      accepted: { positive: 1, zero: 0, negative: 1 },
      rejected: { positive: 0, zero: 0, negative: 0 },
      excluded: 1,
      tokens: { sampled: 6, trained: 4 },
      predictedChange: (1 * -0.5 + 3 * 0.25) / 4,
      diagnostics: { effectiveBatch: 2 },
    })
  })

  it('counts responses by fault', () => {
    const lacking = (['malformed', undefined, 'no-answer', 'malformed'] as const).map((fault, b) => {
      const response = batch.responses[b]!
      return fault === undefined ? response : { ...response, reward: { ...response.reward, fault } }
    })
    const { faults } = stepReportOf(
      everything().admit(anEntropyState(4), { ...batch, responses: lacking }),
      anUpdate(9),
    )
    expect(faults).toEqual({ 'no-answer': 1, malformed: 2, 'timed-out': 0, 'out-of-memory': 0 })
  })

  it('has means of NaN and no examples without responses', () => {
    const empty = { ...anEmptyBatch(4), scores: someScores(anEmptyBatch(4)) }
    const outcome = { status: 'skipped', version: 3, reason: 'nothing-accepted' } as const
    expect(stepReportOf(everything().admit(anEntropyState(4), empty), outcome)).toMatchObject({
      reward: { mean: NaN, correct: NaN },
      tokens: { sampled: 0, trained: 0 },
      predictedChange: 0,
      failures: 2,
      failureKinds: [{ tag: 'VerifierThrew', count: 2, message: 'Error: the verifier broke' }],
      groups: 1,
      failedGroups: 1,
      zeroVarianceGroups: 1,
      examples: [],
    })
  })
})
