import * as TE from 'fp-ts/lib/TaskEither.js'
import { BehaviorSubject, filter, firstValueFrom, lastValueFrom, of, Subject, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { reinforce } from '#lib/advantage/reinforce.js'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { type Calibration, gainOf } from '#lib/entropy/calibration.js'
import { calibratedWeights } from '#lib/entropy/controller/calibrated-weights.js'
import { calibratedToken } from '#lib/entropy/filter/calibrated-token.js'
import { calibrated } from '#lib/entropy/filter/calibrated.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { predictedChange_BT } from '#lib/entropy/predicted-change.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Learner } from '#lib/policy/learner.js'
import type { Policy } from '#lib/policy/policy.js'
import { uniform } from '#lib/random/uniform.js'
import type { StepReport } from '#lib/report/step-report.js'
import { initialPipelineState, type PipelineState, pipelineStateAfter } from '#lib/control/pipeline-state.js'
import type { FilteredBatch } from '#lib/rollout/batch.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import type { Stages } from '#pipelines/stages.js'
import { aCompletion, anUpdate, aPrompt, fixedVerifier } from '#testing.js'

/** Weights of the simulated model: nothing but its entropy. */
interface Weights {
  version: number
  entropy: number
}

/** When the learner updates, and what it skips. */
interface Pace {
  /** If true, sampling waits for all updates before; otherwise an update ends only after the next batch was scored. */
  readonly isLearnerFast?: boolean
  /** Steps whose update the learner skips. */
  readonly skips?: (step: number) => boolean
}

/** Predicted change of what a batch trains: the mean over its tokens. */
const predictedChange = (batch: FilteredBatch): number => {
  const change_BT = predictedChange_BT(batch, 'covariance')
  const trained = batch.mask_BT.reduce((sum, bit) => sum + bit, 0)
  return batch.mask_BT.reduce((sum, bit, place) => sum + bit * change_BT[place]!, 0) / trained
}

/**
 * Model whose entropy changes with each update by exactly `gain` times the predicted change of the batch.
 *
 * With two batches in flight and a slow learner, an update ends only after the next batch was scored, so every batch is measured one
 * update late.
 */
const simulatedModel = (
  weights: Weights,
  gain: number,
  inFlight: number,
  { isLearnerFast = inFlight === 1, skips = () => false, firstStep = 0 }: Pace & { readonly firstStep?: number },
): { policy: Policy; learner: Learner } => {
  const scored$ = new Subject<number>()
  const ended$ = new BehaviorSubject(firstStep - 1)
  const policy: Policy = {
    get version() {
      return weights.version
    },
    sample: async function* ({ step, prompts }, { group }) {
      if (isLearnerFast) await firstValueFrom(ended$.pipe(filter((ended) => ended >= step - 1)))
      yield* prompts.map((prompt, index) => ({
        step,
        groups: prompts.length,
        index,
        prompt,
        completions: Array.from({ length: group }, (_, g) => aCompletion(1 + (g % 3))),
      }))
    },
    score: (batch) => {
      scored$.next(batch.step)
      const matrix = (valueAt: (b: number, t: number) => number) =>
        Float32Array.from({ length: batch.responses.length * batch.width }, (_, place) => {
          const [b, t] = [Math.floor(place / batch.width), place % batch.width]
          return t < batch.responses[b]!.completion.tokens.length ? valueAt(b, t) : 0
        })
      // A right answer has likely tokens, so training on everything makes entropy fall.
      const logprobs_BT = matrix((b, t) => -uniform(7, batch.step, b, t) * (batch.advantages_B[b]! > 0 ? 0.6 : 1.6))
      const zero = matrix(() => 0)
      return of({
        version: weights.version,
        method: 'exact' as const,
        logprobs_BT,
        entropy_BT: matrix(() => weights.entropy),
        distribution: { s_BT: zero, expectedS_BT: zero, squares_BT: zero },
      })
    },
  }
  const learner: Learner = {
    update: async (batch) => {
      if (!isLearnerFast && batch.step < STEPS - 1) await firstValueFrom(scored$)
      ended$.next(batch.step)
      if (skips(batch.step)) return { status: 'skipped', version: weights.version, reason: 'gradient-spike' }
      weights.entropy = Math.max(0, weights.entropy + gain * predictedChange(batch))
      weights.version++
      return anUpdate(weights.version)
    },
    snapshot: () => TE.left(new CheckpointError('snapshot', 'a simulated model', 'a model with weights')),
  }
  return { policy, learner }
}

const STEPS = 60
const band = { low: 0.5, high: 0.6 }

interface Run {
  readonly gain?: number
  readonly inFlight?: number
  readonly steps?: number
  readonly weights?: Weights
  readonly resumeFrom?: PipelineState
  readonly stages?: Partial<Stages>
  readonly pace?: Pace
}

const run = ({
  gain = 0.1,
  inFlight = 1,
  steps = STEPS,
  weights = { version: 0, entropy: 0.55 },
  resumeFrom = initialPipelineState,
  stages = { filter: calibrated() },
  pace = {},
}: Run): Promise<readonly StepReport[]> => {
  const pipeline = trainingPipeline({ estimator: reinforce(), objective: ppoClip(), ...stages })
  const ports = {
    ...simulatedModel(weights, gain, inFlight, { ...pace, firstStep: resumeFrom.step }),
    verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
    rewardScale: 'signed' as const,
    prompts: Array.from({ length: 4 * STEPS }, (_, i) => aPrompt(`${i}`)).slice(resumeFrom.prompts.from),
  }
  return lastValueFrom(
    pipeline(ports, {
      band: () => band,
      sampling: { maxTokens: 3, seed: 1, group: 6 },
      demand: { prompts: 4, inFlight },
      steps,
      resumeFrom,
    }).pipe(toArray()),
  )
}

const inside = (reports: readonly StepReport[]) =>
  reports.slice(10).filter(({ entropy }) => entropy.drift === 0).length / (reports.length - 10)
const memoryOf = ({ filterMemory, controlled }: StepReport) => (filterMemory ?? controlled!.memory) as Calibration

const forms: Readonly<Record<string, Partial<Stages>>> = {
  calibrated: { filter: calibrated() },
  'calibrated-token': { filter: calibratedToken() },
  'calibrated-weights': { controller: calibratedWeights() },
}

describe('a model whose entropy falls when everything trains', () => {
  it('leaves the band without control', async () => {
    expect(inside(await run({ stages: { filter: everything() } }))).toBeLessThan(0.2)
  })

  describe.each(Object.entries(forms))('%s', (_, stages) => {
    it.each([1, 2])('holds the band with %i batches in flight, and measures the true gain', async (inFlight) => {
      const reports = await run({ inFlight, stages })
      expect(reports).toHaveLength(STEPS)
      expect(inside(reports)).toBe(1)
      // The simulated model has no noise, so the measured gain is exact if each change is given to its own update.
      const { version, ...memory } = memoryOf(reports.at(-1)!)
      expect(gainOf({ ...memory, version })).toBeCloseTo(0.1, 5)
      expect(version).toBe(STEPS - inFlight)
    })

    it.each([
      { inFlight: 1, isLearnerFast: true },
      { inFlight: 2, isLearnerFast: true },
      { inFlight: 2, isLearnerFast: false },
      { inFlight: 3, isLearnerFast: true },
    ])('measures the true gain with skipped updates: %o', async ({ inFlight, isLearnerFast }) => {
      const pace = { isLearnerFast, skips: (step: number) => step % 7 === 3 }
      const reports = await run({ inFlight, stages, pace })
      expect(reports.filter(({ outcome }) => outcome.status === 'skipped').length).toBeGreaterThan(5)
      expect(gainOf(memoryOf(reports.at(-1)!))).toBeCloseTo(0.1, 5)
    })

    it('does not trust a gain of the wrong sign', async () => {
      const reports = await run({ gain: -0.02, stages })
      expect(gainOf(memoryOf(reports.at(-1)!))).toBeNull()
    })
  })

  it('accepts the same after a resume', async () => {
    const accepted = (reports: readonly StepReport[]) => reports.map(({ step, accepted }) => ({ step, accepted }))
    const whole = await run({})
    const weights = { version: 0, entropy: 0.55 }
    const first = await run({ steps: 30, weights })
    const resumeFrom = first.reduce(pipelineStateAfter, initialPipelineState)
    const resumed = await run({ resumeFrom, weights: { ...weights } })
    expect(accepted([...first, ...resumed])).toEqual(accepted(whole))
    expect(resumed.at(-1)!.filterMemory).toEqual(whole.at(-1)!.filterMemory)
    // A learner that counts its versions anew measures the same changes.
    const renumbered = await run({ resumeFrom, weights: { ...weights, version: 0 } })
    expect(accepted(renumbered)).toEqual(accepted(whole.slice(30)))
    const forgetful = await run({ resumeFrom: { ...resumeFrom, filterMemory: null }, weights: { ...weights } })
    expect(accepted(forgetful)).not.toEqual(accepted(whole.slice(30)))
  })
})
