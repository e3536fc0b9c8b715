import { defer, from, of, type ObservableInput } from 'rxjs'
import type { Policy } from '../lib/policy/policy.js'
import type { Batch, Scores } from '../lib/rollout/batch.js'
import type { PromptBatch } from '../lib/rollout/prompt.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'
import { someScores } from './batches.js'
import { aCompletion } from './groups.js'

export interface MarblePolicyOptions {
  /** When the groups of a batch come, keyed by the index of their prompt; all at once unless given. */
  readonly sample?: (
    groups: Readonly<Record<string, RolloutGroup>>,
    prompts: PromptBatch,
  ) => ObservableInput<RolloutGroup>
  /** When the scores of a batch come; at once unless given. */
  readonly score?: (scores: Scores, batch: Batch) => ObservableInput<Scores>
  /** Of every token it scores. @units nats */
  readonly entropy?: number
  readonly version?: number
}

/** A policy without a model, and what it was asked. */
export interface MarblePolicy extends Policy {
  readonly sampled: readonly PromptBatch[]
  readonly scored: readonly Batch[]
}

/**
 * A policy that answers in marbles: completion g of every prompt has g + 1 tokens.
 *
 *     marblePolicy({ sample: (groups) => cold('--1-0|', groups) })
 */
export const marblePolicy = ({
  sample = (groups) => from(Object.values(groups)),
  score = (scores) => of(scores),
  entropy,
  version = 0,
}: MarblePolicyOptions = {}): MarblePolicy => {
  const sampled: PromptBatch[] = []
  const scored: Batch[] = []
  return {
    version,
    sampled,
    scored,
    sample: (prompts, { group }) =>
      defer(() => {
        sampled.push(prompts)
        return sample(groupsOf(prompts, group, version), prompts)
      }),
    score: (batch) =>
      defer(() => {
        scored.push(batch)
        return score(someScores(batch, entropy, version), batch)
      }),
  }
}

const groupsOf = ({ step, prompts }: PromptBatch, group: number, version: number): Record<string, RolloutGroup> =>
  Object.fromEntries(
    prompts.map((prompt, index) => [
      index,
      {
        step,
        groups: prompts.length,
        index,
        prompt,
        completions: Array.from({ length: group }, (_, g) => aCompletion(g + 1, { version })),
      },
    ]),
  )
