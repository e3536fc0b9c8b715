import { fc } from '@fast-check/vitest'
import * as E from 'fp-ts/lib/Either.js'
import type { EntropyState } from '#lib/rollout/entropy-state.js'
import type { Waypoint } from '#lib/rollout/band.js'
import { skipReasons, type UpdateReport } from '#lib/policy/learner.js'
import { faults, perFault, type Reward, type VerifierFailure } from '#lib/rollout/reward.js'
import type { Batch, FilteredBatch, MeasuredBatch, Response, ControllerRecord, Memory } from '#lib/rollout/batch.js'
import type { Completion } from '#lib/rollout/completion.js'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import type { AdvantagedGroup, RewardedGroup, RolloutGroup } from '#lib/rollout/rollout-group.js'
import { scoreMethods, type Scores } from '#lib/rollout/scores.js'
import type { Diagnostics } from '#lib/report/diagnostics.js'
import type { BySign, Example, StepReport } from '#lib/report/step-report.js'

/** Any double: NaN, both infinities and -0 among them. */
const number = fc.double()
const count = fc.maxSafeNat()
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

const floats = (length: number) => fc.float32Array({ minLength: length, maxLength: length })
const some = <A>(length: number, of: fc.Arbitrary<A>) => fc.array(of, { minLength: length, maxLength: length })
const upTo = <A>(maxLength: number, of: fc.Arbitrary<A>) => fc.array(of, { maxLength })

export const anyPrompt: fc.Arbitrary<Prompt> = fc.record({
  id: fc.string(),
  text: fc.string({ unit: 'grapheme' }),
  tokens: upTo(5, int32),
  reference: fc.string(),
})

export const anyPromptBatch: fc.Arbitrary<PromptBatch> = fc.record(
  { step: count, prompts: upTo(3, anyPrompt), offset: count },
  { requiredKeys: ['step', 'prompts'] },
)

export const anyCompletion: fc.Arbitrary<Completion> = fc.int32Array({ maxLength: 4 }).chain((tokens) =>
  fc.record({
    tokens: fc.constant(tokens),
    logprobs_T: floats(tokens.length),
    text: fc.string(),
    finish: fc.constantFrom('stop', 'length'),
    version: count,
  }),
)

export const anyReward: fc.Arbitrary<Reward> = fc.record(
  {
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
    correct: fc.boolean(),
    answer: fc.string(),
    fault: fc.constantFrom(...faults),
    parts: fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    ),
  },
  { requiredKeys: ['value', 'correct'] },
)

export const anyFailure: fc.Arbitrary<VerifierFailure> = fc.record({
  _tag: fc.constantFrom('VerifierThrew', 'VerifierTimedOut', 'MalformedVerdict', 'NonFiniteReward', 'NoVerdict'),
  message: fc.string(),
})

export const anyVerdict = fc.oneof(anyReward.map(E.right), anyFailure.map(E.left))

export const anyGroup: fc.Arbitrary<RolloutGroup> = fc.record(
  {
    step: count,
    groups: count,
    index: count,
    prompt: anyPrompt,
    completions: upTo(3, anyCompletion),
    discarded: count,
    discardedFailures: upTo(2, anyFailure),
  },
  { requiredKeys: ['step', 'groups', 'index', 'prompt', 'completions'] },
)

export const anyRewardedGroup: fc.Arbitrary<RewardedGroup> = anyGroup.chain((group) =>
  some(group.completions.length, anyVerdict).map((rewards_G) => ({ ...group, rewards_G })),
)

export const anyAdvantagedGroup: fc.Arbitrary<AdvantagedGroup> = anyRewardedGroup.chain((group) =>
  some(group.completions.length, number).map((advantages_G) => ({ ...group, advantages_G })),
)

const anyResponse: fc.Arbitrary<Response> = fc.record({
  prompt: anyPrompt,
  completion: anyCompletion,
  reward: anyReward,
  group: count,
})

export const anyBatch: fc.Arbitrary<Batch> = upTo(3, anyResponse).chain((responses) => {
  const batch = fc.record({
    step: count,
    responses: fc.constant(responses),
    advantages_B: floats(responses.length),
    width: fc.constant(Math.max(0, ...responses.map(({ completion }) => completion.tokens.length))),
    failures: upTo(2, anyFailure),
    zeroVarianceGroups: count,
    discardedGroups: count,
  })
  return fc
    .tuple(
      batch,
      fc.record({ inFlight: count, groups: count, failedGroups: count, staleGroups: count }, { requiredKeys: [] }),
    )
    .map(([required, optional]) => ({ ...required, ...optional }))
})

const anyNumbers = fc.dictionary(fc.constantFrom('alpha', 'carry', 'zeta'), number)

const anyMemory: fc.Arbitrary<Memory> = fc.dictionary(
  fc.constantFrom('alpha', 'steps', 'zeta'),
  fc.oneof(number, fc.array(number, { maxLength: 3 })),
)

const anyWeighing: fc.Arbitrary<ControllerRecord> = fc.record({
  controller: fc.string(),
  memory: anyMemory,
  scalars: anyNumbers,
})

const anyScores = (matrix: fc.Arbitrary<Float32Array>): fc.Arbitrary<Scores> => {
  const tempered = fc.record({ temperature: number, logprobs_BT: matrix })
  const scores = fc
    .tuple(
      fc.record({ version: count, logprobs_BT: matrix, entropy_BT: matrix }),
      fc.record({ tempered }, { requiredKeys: [] }),
    )
    .map(([required, optional]) => ({ ...required, ...optional }))
  const distribution = fc.record({ s_BT: matrix, expectedS_BT: matrix, squares_BT: matrix })
  return fc.oneof(
    fc.tuple(scores, distribution).map(([all, distribution]) => ({ ...all, method: 'exact' as const, distribution })),
    fc.tuple(scores, distribution, matrix).map(([all, distribution, entropyError_BT]) => ({
      ...all,
      method: 'top-k' as const,
      distribution,
      entropyError_BT,
    })),
    scores.map((all) => ({ ...all, method: 'sampled' as const })),
  )
}

export const anyMeasuredBatch: fc.Arbitrary<MeasuredBatch> = anyBatch.chain((batch) => {
  const matrix = floats(batch.responses.length * batch.width)
  return anyScores(matrix).chain((scores) =>
    fc
      .record({ referenceLogprobs_BT: matrix, controlled: anyWeighing }, { requiredKeys: [] })
      .map((more) => ({ ...batch, scores, ...more })),
  )
})

const anyBand = fc
  .tuple(fc.integer({ min: 0, max: 9 }), fc.nat({ max: 9 }))
  .map(([low, width]) => ({ low: low / 8, high: (low + width) / 8 }))

export const anyWaypoints: fc.Arbitrary<readonly Waypoint[]> = fc
  .array(fc.record({ step: fc.nat(), band: anyBand }), { maxLength: 4 })
  .map((points) =>
    points.sort((a, b) => a.step - b.step).filter(({ step }, i, all) => i === 0 || step > all[i - 1]!.step),
  )

export const anyEntropyState: fc.Arbitrary<EntropyState> = fc.record({
  step: count,
  entropy: number,
  scoreMethod: fc.constantFrom(...scoreMethods),
  entropyError: fc.option(number),
  band: anyBand,
  nextBand: anyBand,
  drift: fc.constantFrom(-1, 0, 1),
  steered: fc.option(anyWaypoints),
  measuredChange: fc.option(number),
  predictedChange: number,
})

export const anyFilteredBatch: fc.Arbitrary<FilteredBatch> = anyMeasuredBatch.chain((batch) => {
  const size = batch.responses.length * batch.width
  return fc
    .record({
      state: anyEntropyState,
      mask_BT: fc.uint8Array({ max: 1, minLength: size, maxLength: size }),
      accepted_B: some(batch.responses.length, fc.boolean()),
    })
    .chain((decision) =>
      fc
        .record({ importance_BT: floats(size), memory: anyMemory }, { requiredKeys: [] })
        .map((more) => ({ ...batch, ...decision, ...more })),
    )
})

export const anyUpdateReport: fc.Arbitrary<UpdateReport> = fc.oneof(
  fc.record({
    status: fc.constant('updated' as const),
    version: count,
    optimizerSteps: count,
    learningRate: number,
    loss: number,
    gradientNorm: number,
    clipFraction: number,
    clipFractionLow: number,
    clipFractionHigh: number,
    markedFraction: number,
    kl: number,
    ratio: fc.record({ min: number, max: number }),
  }),
  fc.record({
    status: fc.constant('skipped' as const),
    version: count,
    reason: fc.constantFrom(...skipReasons),
  }),
)

const anyBySign: fc.Arbitrary<BySign> = fc.record({ positive: count, zero: count, negative: count })

const anyDiagnostics: fc.Arbitrary<Diagnostics> = fc.record({
  logLikelihood: fc.record({ all: number, positive: number, negative: number }),
  logBaseline: number,
  aboveBaseline: number,
  klToSampler: number,
  samplerRatio: fc.record({ min: number, max: number }),
  samplerDifference: fc.record({ mean: number, max: number }),
  effectiveSampleSize: number,
  klToReference: fc.option(number),
  effectiveBatch: count,
})

const anyExample: fc.Arbitrary<Example> = anyResponse.chain((response) =>
  fc.record({
    response: fc.constant(response),
    advantage: number,
    accepted: fc.boolean(),
    entropy_T: floats(response.completion.tokens.length),
    predictedChange: number,
  }),
)

const anyPosition = fc.record({ from: count, used: fc.array(count, { maxLength: 3 }) })
const anyLimit = fc.record({ outsideLimit: fc.constantFrom('below' as const, 'above' as const) }, { requiredKeys: [] })

const anyRequired: fc.Arbitrary<StepReport> = fc.record({
  step: count,
  outcome: anyUpdateReport,
  entropy: anyEntropyState,
  reward: fc.record({ mean: number, correct: number }),
  accepted: anyBySign,
  rejected: anyBySign,
  excluded: count,
  truncated: number,
  tokens: fc.record({ sampled: count, trained: count }),
  predictedChange: number,
  diagnostics: anyDiagnostics,
  failures: count,
  failureKinds: fc.array(
    anyFailure.chain(({ _tag: tag, message }) =>
      fc.record({ tag: fc.constant(tag), count, message: fc.constant(message) }),
    ),
    { maxLength: 3 },
  ),
  faults: fc.record(perFault(() => count)),
  groups: count,
  failedGroups: count,
  zeroVarianceGroups: count,
  discardedGroups: count,
  staleGroups: count,
  staleness: fc.record({ mean: number, max: number }),
  filterMemory: fc.option(anyMemory),
  controlled: fc.option(anyWeighing),
  position: fc.option(anyPosition),
  examples: fc.array(anyExample, { maxLength: 3 }),
})

export const anyStepReport: fc.Arbitrary<StepReport> = fc
  .tuple(anyRequired, anyLimit)
  .map(([required, optional]) => ({ ...required, ...optional }))
