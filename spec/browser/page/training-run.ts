import { lastValueFrom, map, toArray } from 'rxjs'
import { orThrow, trainingPipeline, type Verifier } from '#index.js'
import { constantBand, grpo, ppoClip } from '#algorithms.js'
import { countdown } from '#rewards.js'
import type { Engine } from '#tensor.js'
import { constantRate, initialWeights, localModel } from '#models.js'
import { stepMetrics, type StepMetrics } from '#lib/run/step-metrics.js'

const task = countdown()

const config = {
  vocabulary: task.tokenizer.vocabulary,
  width: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headWidth: 8,
  feedForward: 32,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}

/**
 * Verifier with different rewards for different answers: for the real one, all answers of an untrained model are wrong.
 */
const evenTokens: Verifier = (_, { tokens }) => [{ value: tokens.filter((id) => id % 2 === 0).length, correct: false }]

/** Two steps of GRPO on a tiny model with fixed initial weights. */
export const trainingRun = async (engine: Engine): Promise<readonly StepMetrics[]> => {
  const checkpoint = { config, weights: initialWeights(config, 3), metadata: {} }
  const model = await orThrow(
    localModel({ engine, checkpoint, tokenizer: task.tokenizer, learningRate: constantRate(1e-2) }),
  )
  const reports$ = trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
    { ...model, verifier: evenTokens, rewardScale: 'signed', prompts: task.prompts('train', 7) },
    {
      band: constantBand({ low: 1, high: 2 }),
      sampling: { group: 4, maxTokens: 4, seed: 7 },
      demand: { prompts: 2 },
      steps: 2,
    },
  )
  return lastValueFrom(reports$.pipe(map(stepMetrics), toArray())).finally(() => model.close())
}
