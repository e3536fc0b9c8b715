import * as E from 'fp-ts/lib/Either.js'
import { concatMap, defer, map, type Observable, reduce, take, tap } from 'rxjs'
import { batchOf } from '../lib/batch/batch-of.js'
import { createDemand, type DemandOptions } from '../lib/control/demand.js'
import { tokenMeanEntropy } from '../lib/entropy/token-mean-entropy.js'
import { checkOption, integerFrom } from '../lib/option.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Policy, Sampling } from '../lib/policy/policy.js'
import type { Batch } from '../lib/rollout/batch.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'
import { sum } from '../lib/statistics.js'
import { collectGroups } from '../operators/collect-groups.js'
import { scoresOf } from '../operators/monitor-entropy.js'
import { prompts } from '../operators/prompts.js'
import { rollout } from '../operators/rollout.js'
import { checkSampledScores } from './stages.js'
import { demandDefaults, samplingDefaults, type TrainingPorts } from './training-options.js'

/** Options of {@link measureEntropy}. Those of a training run measure the batches that the run begins with. */
export interface MeasureEntropyOptions {
  /** Sampling of the completions. Defaults: {@link samplingDefaults}. */
  readonly sampling: Partial<Sampling> & Pick<Sampling, 'maxTokens' | 'seed'>
  /** Batch size and batches in flight. Defaults: {@link demandDefaults}. */
  readonly demand?: Partial<DemandOptions>
  /** Number of batches that are measured; fewer if the prompts end. Default 2. */
  readonly batches?: number
}

/** Entropy of a batch, and its number of tokens. */
interface BatchEntropy {
  readonly entropy: number
  readonly tokens: number
}

/**
 * Measures the entropy of a policy before it trains: samples completions of the first batches of prompts, scores them, and
 * emits the mean over all their tokens once.
 *
 *     prompts         a-----b-----            2 batches
 *     policy          --s-S---s-S             s: sampled, S: scored
 *     output          ----------(H|)          H = sum_t H_t / number of tokens, at temperature 1
 *
 * The draws have the keys of a training run with the same options, so its first batch is the first one that was measured. No
 * verifier is needed, and no weight changes.
 *
 * @units  nats per token
 * @errors RangeError, thrown by the call, for an impossible option; PipelineError BadAlgorithm, thrown by the call, for sampled
 *         scores with sampling settings that they do not fit; NoPrompts when the source has no prompt,
 *         Diverged when every entropy is NaN; every other error of the policy and of the source
 * @source Entrocraft, arXiv:2604.26326, section 5.3: bands begin at the entropy of the model
 * @example
 * measureEntropy({ policy, prompts: task.prompts('train', 7) }, { sampling: { maxTokens: 256, seed: 7 } })
 *   .subscribe((entropy) => console.log(fallingBands(entropy)))
 */
export const measureEntropy = (
  { policy, prompts: source }: Pick<TrainingPorts, 'policy' | 'prompts'>,
  { sampling, demand: sizes, batches = 2 }: MeasureEntropyOptions,
): Observable<number> => {
  checkOption('batches', batches, integerFrom(1))
  const newDemand = () => createDemand({ ...demandDefaults, ...sizes })
  // Impossible options fail at the call, and not at the subscription.
  newDemand()
  checkSampledScores(policy, { ...samplingDefaults, ...sampling })
  const sample = rollout(policy, { ...samplingDefaults, ...sampling })
  return defer(() => {
    const demand = newDemand()
    return prompts(source, demand).pipe(
      take(batches),
      sample,
      collectGroups(demand),
      concatMap((groups) => entropyOf(policy, unjudgedBatch(groups))),
      tap(({ step }) => demand.returnCredit(step)),
      reduce<BatchEntropy, readonly BatchEntropy[]>((measured, batch) => [...measured, batch], []),
      map(meanOf),
    )
  })
}

/** Batch of groups that no verifier has judged: it is scored, and nothing trains on it. */
const unjudgedBatch = (groups: readonly RolloutGroup[]): Batch =>
  batchOf(
    groups.map((group) => ({
      ...group,
      rewards_G: group.completions.map(() => E.right({ value: 0, correct: false })),
      advantages_G: group.completions.map(() => 0),
    })),
  )

const entropyOf = (policy: Policy, batch: Batch): Observable<BatchEntropy & Pick<Batch, 'step'>> =>
  scoresOf(policy, batch, { least: 0, temperature: 1 }).pipe(
    map((scores) => ({
      step: batch.step,
      entropy: tokenMeanEntropy({ ...batch, scores }),
      tokens: sum(batch.responses.map(({ completion }) => completion.tokens.length)),
    })),
  )

const meanOf = (batches: readonly BatchEntropy[]): number => {
  if (batches.length === 0)
    throw new PipelineError('NoPrompts', 'found no prompt to measure the entropy on, expected at least one')
  const tokens = sum(batches.map(({ tokens }) => tokens))
  return sum(batches.map(({ entropy, tokens: weight }) => (entropy * weight) / tokens))
}
