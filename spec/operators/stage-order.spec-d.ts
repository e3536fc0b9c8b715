import { type Observable, of } from 'rxjs'
import { describe, expectTypeOf, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { sign } from '#lib/entropy/filter/sign.js'
import type { Evaluation } from '#lib/evaluation/evaluation.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Batch, FilteredBatch, MeasuredBatch } from '#lib/rollout/batch.js'
import type { AdvantagedGroup, RewardedGroup, RolloutGroup } from '#lib/rollout/rollout-group.js'
import type { StepReport } from '#lib/report/step-report.js'
import { advantage } from '#operators/advantage.js'
import { toBatches } from '#operators/to-batches.js'
import { createDemand } from '#lib/control/demand.js'
import { entropyControl } from '#lib/control/entropy-control.js'
import { evaluate } from '#operators/evaluate.js'
import { gpuSink } from '#operators/gpu-sink.js'
import { monitorEntropy } from '#operators/monitor-entropy.js'
import { prompts } from '#operators/prompts.js'
import { rejectionFilter } from '#operators/rejection-filter.js'
import { reward } from '#operators/reward.js'
import { rollout } from '#operators/rollout.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'

const demand = createDemand({ prompts: 1, inFlight: 1 })
const control = entropyControl(() => ({ low: 0, high: 1 }))
const batches$ = prompts([aPrompt()], demand)

const sampled = rollout(marblePolicy(), { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 1, seed: 0 })
const judged = reward(fixedVerifier(1))
const advantaged = advantage(grpo())
const collected = toBatches(demand)
const measured = monitorEntropy(marblePolicy(), control)
const filtered = rejectionFilter(control.state$, sign())
const trained = gpuSink(fakeLearner(), ppoClip(), demand)

describe('the order of stages', () => {
  it('compiles from prompts to reports', () => {
    expectTypeOf(batches$.pipe(sampled)).toEqualTypeOf<Observable<RolloutGroup>>()
    expectTypeOf(batches$.pipe(sampled, judged)).toEqualTypeOf<Observable<RewardedGroup>>()
    expectTypeOf(batches$.pipe(sampled, judged, advantaged)).toEqualTypeOf<Observable<AdvantagedGroup>>()
    expectTypeOf(batches$.pipe(sampled, judged, advantaged, collected)).toEqualTypeOf<Observable<Batch>>()
    expectTypeOf(batches$.pipe(sampled, judged, advantaged, collected, measured)).toEqualTypeOf<
      Observable<MeasuredBatch>
    >()
    const accepted$ = batches$.pipe(sampled, judged, advantaged, collected, measured, filtered)
    expectTypeOf(accepted$).toEqualTypeOf<Observable<FilteredBatch>>()
    expectTypeOf(accepted$.pipe(trained)).toEqualTypeOf<Observable<StepReport>>()
    expectTypeOf(batches$.pipe(sampled, judged, evaluate({ ks: [1] }))).toEqualTypeOf<Observable<Evaluation>>()
  })

  it('does not compile in another order', () => {
    // @ts-expect-error reward before rollout
    batches$.pipe(judged)
    // @ts-expect-error advantage before reward
    batches$.pipe(sampled, advantaged, judged)
    // @ts-expect-error no advantage
    batches$.pipe(sampled, judged, collected)
    // @ts-expect-error monitor before batch
    batches$.pipe(sampled, judged, advantaged, measured)
    // @ts-expect-error filter before monitor
    batches$.pipe(sampled, judged, advantaged, collected, filtered, measured)
    // @ts-expect-error no monitor
    batches$.pipe(sampled, judged, advantaged, collected, filtered)
    // @ts-expect-error sink without filter
    batches$.pipe(sampled, judged, advantaged, collected, measured, trained)
    // @ts-expect-error filter before batch
    batches$.pipe(sampled, judged, advantaged, filtered)
    // @ts-expect-error a sink after the sink
    batches$.pipe(sampled, judged, advantaged, collected, measured, filtered, trained, trained)
    // @ts-expect-error evaluation before reward
    batches$.pipe(sampled, evaluate({ ks: [1] }))
  })

  it('makes values read-only by type', () => {
    batches$.pipe(sampled, judged, advantaged, collected).subscribe((batch) => {
      // @ts-expect-error a stage adds fields and never changes earlier ones
      batch.step = 1
    })
  })
})

describe('the options of a training pipeline', () => {
  const ports = {
    policy: marblePolicy(),
    learner: fakeLearner(),
    verifier: fixedVerifier(1),
    rewardScale: 'signed' as const,
    prompts: [aPrompt()],
  }
  const sampling = { maxTokens: 1, seed: 0 }
  const band = () => ({ low: 0, high: 1 })

  it('take a schedule, a stream of bands or a control', () => {
    const { create } = algorithms.entrocraft
    expectTypeOf(create(ports, { band, sampling })).toEqualTypeOf<Observable<StepReport>>()
    expectTypeOf(create(ports, { band: of(band()), sampling })).toEqualTypeOf<Observable<StepReport>>()
    expectTypeOf(create(ports, { control, sampling })).toEqualTypeOf<Observable<StepReport>>()
  })

  it('take one source of bands', () => {
    const { create } = algorithms.entrocraft
    // @ts-expect-error two sources of bands
    create(ports, { band, control, sampling })
    // @ts-expect-error no source of bands
    create(ports, { sampling })
    // @ts-expect-error no seed: the run could not be repeated
    create(ports, { band, sampling: { maxTokens: 1 } })
  })
})
