import * as t from 'io-ts'
import type { LimitSide } from '../../entropy/outside-limit.js'
import type { SkipReason, UpdateReport } from '../../policy/learner.js'
import { perFault } from '../../rollout/reward.js'
import type { FailureKind } from '../../report/failure-kinds.js'
import type { Diagnostics } from '../../report/diagnostics.js'
import type { BySign, Example, StepReport } from '../../report/step-report.js'
import { ControllerRecordCodec, MemoryCodec, ResponseCodec } from './batch.js'
import { EntropyStateCodec } from './entropy-state.js'
import type { Json } from '../json.js'
import { nullable } from '../nullable.js'
import { CountCodec, NumberCodec } from '../number.js'
import { PromptPositionCodec } from './prompt.js'
import { record } from '../record.js'
import { FailureTagCodec } from './reward.js'
import { Float32ArrayCodec } from '../typed-array.js'
import { withOptional } from '../with-optional.js'

export const UpdateReportCodec: t.Type<UpdateReport, Json<UpdateReport>> = record(
  t.union(
    [
      t.strict({
        status: t.literal('updated'),
        version: CountCodec,
        optimizerSteps: CountCodec,
        learningRate: NumberCodec,
        loss: NumberCodec,
        gradientNorm: NumberCodec,
        clipFraction: NumberCodec,
        clipFractionLow: NumberCodec,
        clipFractionHigh: NumberCodec,
        markedFraction: NumberCodec,
        kl: NumberCodec,
        ratio: t.strict({ min: NumberCodec, max: NumberCodec }, 'ratios'),
      }),
      t.strict({
        status: t.literal('skipped'),
        version: CountCodec,
        reason: t.keyof({
          'nothing-accepted': null,
          'zero-advantage': null,
          'non-finite-loss': null,
          'non-finite-weights': null,
          'gradient-spike': null,
        } satisfies Record<SkipReason, null>),
      }),
    ],
    'UpdateReport',
  ),
)

const BySignCodec: t.Type<BySign, Json<BySign>> = record(
  t.strict({ positive: CountCodec, zero: CountCodec, negative: CountCodec }, 'BySign'),
)

const DiagnosticsCodec: t.Type<Diagnostics, Json<Diagnostics>> = record(
  t.strict(
    {
      logLikelihood: t.strict({ all: NumberCodec, positive: NumberCodec, negative: NumberCodec }, 'log-likelihoods'),
      logBaseline: NumberCodec,
      aboveBaseline: NumberCodec,
      klToSampler: NumberCodec,
      samplerRatio: t.strict({ min: NumberCodec, max: NumberCodec }, 'ratios'),
      samplerDifference: t.strict({ mean: NumberCodec, max: NumberCodec }, 'differences'),
      effectiveSampleSize: NumberCodec,
      klToReference: nullable(NumberCodec),
      effectiveBatch: CountCodec,
    },
    'Diagnostics',
  ),
)

const FailureKindCodec: t.Type<FailureKind, Json<FailureKind>> = record(
  t.strict({ tag: FailureTagCodec, count: CountCodec, message: t.string }, 'FailureKind'),
)

const ExampleCodec: t.Type<Example, Json<Example>> = record(
  t.strict(
    {
      response: ResponseCodec,
      advantage: NumberCodec,
      accepted: t.boolean,
      entropy_T: Float32ArrayCodec,
      predictedChange: NumberCodec,
    },
    'Example',
  ),
  ({ response, entropy_T }) => [
    {
      field: 'entropy_T',
      found: entropy_T.length,
      expected: response.completion.tokens.length,
      because: 'one per token',
    },
  ],
)

export const StepReportCodec: t.Type<StepReport, Json<StepReport>> = record(
  withOptional(
    t.strict(
      {
        step: CountCodec,
        outcome: UpdateReportCodec,
        entropy: EntropyStateCodec,
        reward: t.strict({ mean: NumberCodec, correct: NumberCodec }, 'mean rewards'),
        accepted: BySignCodec,
        rejected: BySignCodec,
        excluded: CountCodec,
        truncated: NumberCodec,
        tokens: t.strict({ sampled: CountCodec, trained: CountCodec }, 'token counts'),
        predictedChange: NumberCodec,
        diagnostics: DiagnosticsCodec,
        failures: CountCodec,
        failureKinds: t.readonlyArray(FailureKindCodec),
        faults: t.strict(
          perFault(() => CountCodec),
          'counts by fault',
        ),
        groups: CountCodec,
        failedGroups: CountCodec,
        zeroVarianceGroups: CountCodec,
        discardedGroups: CountCodec,
        staleGroups: CountCodec,
        staleness: t.strict({ mean: NumberCodec, max: NumberCodec }, 'ages'),
        filterMemory: nullable(MemoryCodec),
        controlled: nullable(ControllerRecordCodec),
        position: nullable(PromptPositionCodec),
        examples: t.readonlyArray(ExampleCodec),
      },
      'StepReport',
    ),
    { outsideLimit: t.keyof({ below: null, above: null } satisfies Record<LimitSide, null>) },
  ),
)
