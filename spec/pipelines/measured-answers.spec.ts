import { lastValueFrom } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { forEachToken } from '#lib/batch/tokens.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { openLocal } from '#lib/policy/local/open-local.js'
import type { MeasuredBatch } from '#lib/rollout/batch.js'
import { distinctPrompts } from '#lib/task/distinct.js'
import { type TaskName, tasks } from '#lib/task/index.js'
import { measuredAnswers } from '#pipelines/measured-answers.js'

const [PROMPTS, GROUP] = [32, 8]

/** Answers of the bundled checkpoint of a task to prompts of the tune split. */
const answersOf = async (name: TaskName): Promise<MeasuredBatch> => {
  const task = tasks[name].create()
  const { tokenizer, verifier, maxTokens } = task
  const prompts = await orThrow(distinctPrompts(task.prompts('tune', 1), PROMPTS))
  const { policy, close } = await orThrow(
    openLocal({ checkpoint: name, tokenizer, learningRate: constantRate(0), engine: 'onnx' }),
  )
  const sampling = { group: GROUP, temperature: 1, topK: 0, topP: 1, maxTokens, seed: 1 }
  const batch = await lastValueFrom(measuredAnswers({ policy, verifier, prompts }, sampling))
  await close()
  return batch
}

const shareRight = ({ responses }: MeasuredBatch): number =>
  responses.filter(({ reward }) => reward.correct).length / responses.length

/** Share of the sampled tokens with a probability above 0.9. */
const shareCertain = (batch: MeasuredBatch): number => {
  let [tokens, certain] = [0, 0]
  forEachToken(batch, (place) => {
    tokens++
    if (batch.scores.logprobs_BT[place]! > Math.log(0.9)) certain++
  })
  return certain / tokens
}

describe('measuredAnswers', () => {
  it('emits one batch with the judged answers to all prompts, which leave room for RL in every task', async () => {
    for (const name of Object.keys(tasks) as TaskName[]) {
      const batch = await answersOf(name)
      expect(batch.responses).toHaveLength(PROMPTS * GROUP)
      expect(shareRight(batch)).toBeGreaterThan(0.1)
      expect(shareRight(batch)).toBeLessThan(0.5)
      const solved = new Set(batch.responses.filter(({ reward }) => reward.correct).map(({ group }) => group))
      expect(solved.size / PROMPTS).toBeGreaterThan(0.6)
    }
  })

  it('shows that most tokens of moves are near-certain, and few tokens of countdown', async () => {
    expect(shareCertain(await answersOf('moves'))).toBeGreaterThan(0.7)
    expect(shareCertain(await answersOf('countdown'))).toBeLessThan(0.55)
  })
})
