import { describe, expect, it } from 'vitest'
import { StepReportCodec, UpdateReportCodec } from '#lib/codec/value/step-report.js'
import { stepReportOf } from '#lib/report/step-report-of.js'
import { aFilteredBatch, anUpdate } from '#testing.js'
import { anyStepReport, anyUpdateReport } from './arbitraries.js'
import { complaints, keepsTheCodecLaws, throughJson } from './laws.js'

const report = stepReportOf(aFilteredBatch(), anUpdate())

describe('UpdateReportCodec', () => {
  keepsTheCodecLaws(UpdateReportCodec, anyUpdateReport)

  it.each([
    [{ status: 'lost' }, 'found an object, expected UpdateReport'],
    [{ loss: null }, 'loss: found null, expected number'],
    [{ ratio: { min: 1 } }, 'ratio.max: found nothing, expected number'],
    [
      { status: 'skipped', reason: 'tired' },
      'reason: found "tired", expected "nothing-accepted" | "zero-advantage" | "non-finite-loss" | "non-finite-weights" | "gradient-spike"',
    ],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(UpdateReportCodec, anUpdate(), but)).toEqual([message])
  })
})

describe('StepReportCodec', () => {
  keepsTheCodecLaws(StepReportCodec, anyStepReport)

  it.each([
    [{ step: -1 }, 'step: found -1, expected non-negative integer'],
    [{ outcome: { status: 'lost' } }, 'outcome: found {"status":"lost"}, expected UpdateReport'],
    [{ outcome: { ...anUpdate(), version: -1 } }, 'outcome.version: found -1, expected non-negative integer'],
    [{ reward: { mean: 'NaN' } }, 'reward.correct: found nothing, expected number'],
    [{ tokens: { sampled: 3, trained: 0.5 } }, 'tokens.trained: found 0.5, expected non-negative integer'],
    [{ excluded: -1 }, 'excluded: found -1, expected non-negative integer'],
    [
      { diagnostics: { ...report.diagnostics, logBaseline: null } },
      'diagnostics.logBaseline: found null, expected number',
    ],
    [
      { diagnostics: { ...report.diagnostics, klToReference: 'none' } },
      'diagnostics.klToReference: found "none", expected number or null',
    ],
    [{ outsideLimit: 'beside' }, 'outsideLimit: found "beside", expected "below" | "above"'],
    [{ examples: 'none' }, 'examples: found "none", expected ReadonlyArray<Example>'],
  ])('for %j reports "%s"', (but, message) => {
    expect(complaints(StepReportCodec, report, but)).toEqual([message])
  })

  it('names the place in an example', () => {
    const { examples } = throughJson(StepReportCodec.encode(report)) as { readonly examples: readonly object[] }
    const complaintsOf = (but: object) =>
      complaints(StepReportCodec, report, { examples: [examples[0], { ...examples[1], ...but }] })
    expect(complaintsOf({ accepted: 1 })).toEqual(['examples.1.accepted: found 1, expected boolean'])
    expect(complaintsOf({ entropy_T: [1] })).toEqual(['examples.1.entropy_T: found 1, expected 2, one per token'])
  })
})
