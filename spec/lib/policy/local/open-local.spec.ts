import { expect, it } from 'vitest'
import { CheckpointError } from '#lib/checkpoint/checkpoint-error.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { openLocal } from '#lib/policy/local/open-local.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import type { RolloutGroup } from '#lib/rollout/rollout-group.js'
import { tasks } from '#lib/task/index.js'
import { expectClose } from '../../compute/reference/close.js'
import { all, only, rewarded, sampling } from './tiny.js'
import { orThrow } from '#lib/or-throw.js'

const task = tasks.countdown.create()
const options = { tokenizer: task.tokenizer, learningRate: constantRate(1e-4), engine: 'onnx' } as const
const source = task.prompts('train', 1)[Symbol.iterator]()
const prompts = { step: 0, prompts: Array.from({ length: 4 }, () => source.next().value as Prompt) }

const inOrder = (groups: readonly RolloutGroup[]) => [...groups].sort((a, b) => a.index - b.index)

it('opens a checkpoint on an engine, or on several that share the work', async () => {
  const scores = []
  for (const replicas of [1, 2]) {
    const { policy, close } = await orThrow(openLocal({ ...options, replicas }))
    const batch = rewarded(inOrder(await all(policy.sample(prompts, sampling))))
    scores.push(await only(policy.score(batch)))
    await close()
    await expect(all(policy.sample(prompts, sampling))).rejects.toMatchObject({ _tag: 'EngineFailed' })
  }
  expectClose(scores[1]!.logprobs_BT, scores[0]!.logprobs_BT, 1e-5)
})

it('returns the error of a checkpoint or setting that is wrong', async () => {
  await expect(orThrow(openLocal({ ...options, checkpoint: 'nowhere.safetensors' }))).rejects.toBeInstanceOf(
    CheckpointError,
  )
  await expect(orThrow(openLocal({ ...options, replicas: 0 }))).rejects.toThrow(
    'replicas: found 0, expected an integer >= 1',
  )
})
