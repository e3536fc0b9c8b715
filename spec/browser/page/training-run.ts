import { lastValueFrom, map, toArray } from 'rxjs'
import {
  constantBand,
  constantRate,
  countdown,
  trainingPipeline,
  type Engine,
  grpo,
  initialWeights,
  localModel,
  orThrow,
  ppoClip,
  type StepMetrics,
  stepMetrics,
  type Verifier,
} from '#index.js'

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

/** Of a fresh model every answer is wrong: this tells some from others. */
const evenTokens: Verifier = (_, { tokens }) => [{ value: tokens.filter((id) => id % 2 === 0).length, correct: false }]

/** Two steps of GRPO on a tiny model that starts from fixed weights: sampled, judged, scored and learned. */
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
