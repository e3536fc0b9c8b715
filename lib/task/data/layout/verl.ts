import * as t from 'io-ts'
import { Answer } from './answer.js'
import { layout } from './layout.js'

/**
 * Rows of verl: a conversation and the ground truth from which the reward is computed.
 *
 * @source github.com/volcengine/verl
 */
export const verl = layout(
  'a chat and the ground truth of its reward model, as in verl',
  'prompt, reward_model.ground_truth',
  t.type({
    prompt: t.array(t.type({ role: t.string, content: t.string })),
    reward_model: t.type({ ground_truth: Answer }),
  }),
  ({ prompt, reward_model }) => ({
    messages: prompt.map(({ role, content }) => ({ role, content })),
    answer: reward_model.ground_truth,
  }),
)
