import { defer, from, of, type ObservableInput } from 'rxjs'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { ScoreMethod, Scores } from '../lib/rollout/scores.js'
import type { PromptBatch } from '../lib/rollout/prompt.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'
import { someScores } from './batches.js'
import { aCompletion } from './groups.js'

/** Options of {@link marblePolicy}. */
export interface MarblePolicyOptions {
  /** Answers `sample`; the groups are keyed by the place of their prompt in the batch. Default: all groups at once. */
  readonly sample?: (
    groups: Readonly<Record<string, RolloutGroup>>,
    prompts: PromptBatch,
  ) => ObservableInput<RolloutGroup>
  /** Answers `score`. Default: the given scores at once. */
  readonly score?: (scores: Scores, batch: Batch) => ObservableInput<Scores>
  /** Entropy of every scored token. Default 0.5. @units nats per token */
  readonly entropy?: number
  /** Method of the scores. Default `exact`. */
  readonly scoreMethod?: ScoreMethod
  /** Version of the weights. Default 0. */
  readonly version?: number
}

/** Policy without a model that records its calls. */
export interface MarblePolicy extends Policy {
  /** Batches of all calls of `sample`, in order. */
  readonly sampled: readonly PromptBatch[]
  /** Batches of all calls of `score`, in order. */
  readonly scored: readonly Batch[]
}

/**
 * Creates a policy without a model, whose answers a test times with marbles. Completion g of every prompt has g + 1 tokens,
 * or `maxTokens` if that is less.
 *
 *     sample( prompts )    --1-0|        with the option of the example: the group of prompt 1, then that of prompt 0
 *
 * @example
 * virtually(({ cold }) => {
 *   const policy = marblePolicy({ sample: (groups) => cold('--1-0|', groups) })
 * })
 */
export const marblePolicy = ({
  sample = (groups) => from(Object.values(groups)),
  score = (scores) => of(scores),
  entropy,
  scoreMethod = 'exact',
  version = 0,
}: MarblePolicyOptions = {}): MarblePolicy => {
  const sampled: PromptBatch[] = []
  const scored: Batch[] = []
  return {
    version,
    scoreMethod,
    sampled,
    scored,
    sample: (prompts, sampling) =>
      defer(() => {
        sampled.push(prompts)
        return sample(groupsOf(prompts, sampling, version), prompts)
      }),
    score: (batch, temperature = 1) =>
      defer(() => {
        scored.push(batch)
        return score(temperedScores(someScores(batch, entropy, version, scoreMethod), temperature), batch)
      }),
  }
}

/** Adds log-probs of a temperature other than 1: the given ones, divided by the temperature. */
const temperedScores = (scores: Scores, temperature: number): Scores =>
  temperature === 1
    ? scores
    : { ...scores, tempered: { temperature, logprobs_BT: scores.logprobs_BT.map((logprob) => logprob / temperature) } }

const groupsOf = (
  { step, prompts, offset = 0 }: PromptBatch,
  { group, maxTokens }: Sampling,
  version: number,
): Record<string, RolloutGroup> =>
  Object.fromEntries(
    prompts.map((prompt, place) => [
      place,
      {
        step,
        groups: prompts.length,
        index: offset + place,
        prompt,
        completions: Array.from({ length: group }, (_, g) => aCompletion(Math.min(g + 1, maxTokens), { version })),
      },
    ]),
  )
