import { lastValueFrom } from 'rxjs'
import { checkpointOfTask } from '../cli/config/task-defaults.js'
import { forEachToken, tokenMean } from '../lib/batch/tokens.js'
import { logTokenBaseline_BT } from '../lib/entropy/log-token-baseline.js'
import { tokenMeanEntropy } from '../lib/entropy/token-mean-entropy.js'
import { meanAtK } from '../lib/evaluation/mean-at-k.js'
import { passAtK } from '../lib/evaluation/pass-at-k.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { orThrow } from '../lib/or-throw.js'
import { localModel } from '../lib/policy/local/local-model.js'
import type { MeasuredBatch } from '../lib/rollout/batch.js'
import { distinctPrompts } from '../lib/task/distinct.js'
import { type TaskName, tasks } from '../lib/task/index.js'
import { mean } from '../lib/statistics.js'
import { measuredAnswers } from '../pipelines/measured-answers.js'
import { type Bench, openBenchEngine } from './bench.js'

const PROMPTS = 128
const GROUP = 8

/** Probability from which a sampled token counts as near-certain. */
const NEAR_CERTAIN = 0.9

/**
 * Measures the bundled checkpoint of each task on {@link PROMPTS} x {@link GROUP} answers of the test split at temperature 1:
 * how many are right, and how the entropy is distributed over their tokens.
 */
export const tasksBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const rows = []
  for (const name of Object.keys(tasks) as TaskName[]) {
    const task = tasks[name].create()
    const { verifier, tokenizer, maxTokens } = task
    const checkpoint = await orThrow(readModel(checkpointPath(checkpointOfTask[name])))
    const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(0) }))
    const prompts = await orThrow(distinctPrompts(task.prompts('test', 0), PROMPTS))
    const sampling = { group: GROUP, temperature: 1, topK: 0, topP: 1, maxTokens, seed: 0 }
    rows.push([name, ...figuresOf(await lastValueFrom(measuredAnswers({ ...model, verifier, prompts }, sampling)))])
    await model.close()
  }
  await engine.close()
  yield {
    title: `Bundled checkpoints on ${PROMPTS} prompts of the test split, ${GROUP} samples each, temperature 1; shares of the sampled tokens`,
    heading: [
      'task',
      'mean@8',
      'pass@8',
      'tokens',
      'nats per token',
      `p > ${NEAR_CERTAIN}`,
      'above the token baseline',
    ],
    rows,
  }
}

const figuresOf = (batch: MeasuredBatch): readonly number[] => {
  const { responses, scores } = batch
  const counts = Array.from({ length: PROMPTS }, (_, group) => ({
    n: GROUP,
    c: responses.filter((response) => response.group === group && response.reward.correct).length,
  }))
  const baseline_BT = logTokenBaseline_BT(batch)
  return [
    mean(counts.map(meanAtK)),
    mean(counts.map((count) => passAtK(count, GROUP))),
    mean(responses.map(({ completion }) => completion.tokens.length)),
    tokenMeanEntropy(batch),
    shareOfTokens(batch, (place) => scores.logprobs_BT[place]! > Math.log(NEAR_CERTAIN)),
    shareOfTokens(batch, (place) => scores.logprobs_BT[place]! > baseline_BT[place]!),
  ]
}

const shareOfTokens = (batch: MeasuredBatch, isCounted: (place: number) => boolean): number => {
  const counted_BT = new Float64Array(batch.responses.length * batch.width)
  forEachToken(batch, (place) => (counted_BT[place] = isCounted(place) ? 1 : 0))
  return tokenMean(batch, counted_BT)
}
