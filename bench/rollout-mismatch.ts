import { from, lastValueFrom, toArray } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { checkpointPath, readModel } from '../lib/model/model-file.js'
import { type WeightForm, weightForms } from '../lib/model/weight-form.js'
import { constantRate } from '../lib/optimizer/learning-rate.js'
import { orThrow } from '../lib/or-throw.js'
import { localModel } from '../lib/policy/local/local-model.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'
import { distinctPrompts } from '../lib/task/distinct.js'
import { mean } from '../lib/statistics.js'
import { tasks } from '../lib/task/index.js'
import type { Table } from './bench.js'

const NAME = 'countdown'
const PROMPTS = 64
const GROUP = 8

/**
 * Measures how much the learner differs from the distribution that rollouts are drawn from, for the bundled checkpoint, over
 * the tokens of {@link PROMPTS} x {@link GROUP} completions at temperature 1. With d = log p_learner - log p_rollout:
 *
 *     KL(rollout || learner) = mean( e^d - 1 - d )
 */
export const measureMismatch = async (engine: Engine): Promise<Table> => {
  const rows = []
  for (const form of weightForms) {
    const d = await logprobDifferences(engine, form)
    const largest = d.reduce((most, x) => Math.max(most, Math.abs(x)), 0)
    rows.push([form, d.length, mean(d.map(Math.abs)), mean(d.map((x) => Math.exp(x) - 1 - x)), largest])
  }
  return {
    title: `Log-probabilities of rollouts and learner for completions of the checkpoint ${NAME}, in nats`,
    heading: ['weights', 'tokens', 'mean difference', 'KL', 'largest difference'],
    rows,
  }
}

const logprobDifferences = async (engine: Engine, rolloutWeights: WeightForm): Promise<readonly number[]> => {
  const checkpoint = await orThrow(readModel(checkpointPath(NAME)))
  const task = tasks[NAME].create()
  const { tokenizer, maxTokens } = task
  const model = await orThrow(
    localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(0), rolloutWeights }),
  )
  const prompts = await orThrow(distinctPrompts(task.prompts('train', 1), PROMPTS))
  const sampling = { group: GROUP, temperature: 1, topK: 0, topP: 1, maxTokens, seed: 1 }
  const groups = await lastValueFrom(from(model.policy.sample({ step: 0, prompts }, sampling)).pipe(toArray()))
  const { responses, ...batch } = toUnjudgedBatch(groups)
  const { logprobs_BT } = await lastValueFrom(from(model.policy.score({ ...batch, responses })))
  await model.close()
  return responses.flatMap(({ completion }, b) =>
    Array.from(completion.logprobs_T, (logprob, t) => logprobs_BT[b * batch.width + t]! - logprob),
  )
}

/** Copies the completions: a model does not score completions again if it drew them from its own weights. */
const toUnjudgedBatch = (groups: readonly RolloutGroup[]): Batch => {
  const responses = groups.flatMap(({ index, prompt, completions }) =>
    completions.map((completion) => ({
      prompt,
      completion: { ...completion },
      reward: { value: 0, correct: false },
      group: index,
    })),
  )
  return {
    step: 0,
    responses,
    advantages_B: new Float32Array(responses.length),
    width: Math.max(...responses.map(({ completion }) => completion.tokens.length)),
    failures: [],
    zeroVarianceGroups: 0,
    discardedGroups: 0,
  }
}
