import * as A from 'fp-ts/lib/Array.js'
import {
  concatMap,
  defer,
  finalize,
  from,
  map,
  mergeMap,
  type Observable,
  of,
  type OperatorFunction,
  toArray,
} from 'rxjs'
import { hasZeroVariance } from '../lib/advantage/zero-variance.js'
import { batchReader, type BatchReader, isPending } from '../lib/control/batch-reader.js'
import { checkOption, integerFrom } from '../lib/option.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Prompt, PromptBatch, PromptSource } from '../lib/rollout/prompt.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'

/** Options of {@link dynamicSampling}. */
export interface DynamicSamplingOptions {
  /** Maximum number of times that a batch is sampled, the first time included; 1 replaces no group. Default 10. */
  readonly rounds?: number
}

/**
 * Replaces degenerate groups, whose rewards are all equal, by groups of other prompts. A degenerate group has no
 * group-relative advantage, so it teaches nothing.
 *
 *     batches    a-----------------|
 *     judge      --xyz||               y and z are degenerate
 *     spare      ------(bc)            one prompt for each degenerate group
 *     judge            --pq||          q is degenerate; and so on, at most `rounds` times in all
 *     output     ---------------(xp…)
 *
 * A batch keeps its number of groups: when the rounds or the spare prompts are used up, the newest degenerate groups fill
 * it, after the informative ones. Groups are numbered again, and the first records how many were discarded, with the
 * failures of the verifier in them. When `spare` is the run's own source in a {@link sharedPrompts}, the spare prompts are
 * the next prompts of the run.
 *
 * @errors RangeError when `rounds` is no integer >= 1; PipelineError SpentPrompts when `spare` was iterated before and cannot
 *         start again; BrokenInvariant when `judge` emits a number of groups other than the number of prompts; every error of
 *         `judge` and of the source
 * @source DAPO, arXiv:2503.14476
 * @example
 * const source = sharedPrompts(task.prompts('train', 7))
 * const judge = pipe(rollout(policy, sampling), reward(verifier))
 * prompts(source, demand).pipe(dynamicSampling(judge, source, { rounds: 10 }))
 */
export const dynamicSampling =
  (
    judge: OperatorFunction<PromptBatch, RewardedGroup>,
    spare: PromptSource,
    { rounds = 10 }: DynamicSamplingOptions = {},
  ): OperatorFunction<PromptBatch, RewardedGroup> =>
  (batches$) =>
    defer(() => {
      checkOption('rounds', rounds, integerFrom(1))
      let isStopped = false
      const reader = batchReader(spare, () => isStopped)
      return batches$.pipe(
        concatMap((batch) => sampleBatch({ judge, reader, batch, rounds })),
        finalize(() => {
          isStopped = true
          reader.close()
        }),
      )
    })

interface BatchSampling {
  readonly judge: OperatorFunction<PromptBatch, RewardedGroup>
  readonly reader: BatchReader<Prompt>
  readonly batch: PromptBatch
  readonly rounds: number
}

interface SampledGroups {
  readonly informative: readonly RewardedGroup[]
  readonly degenerate: readonly RewardedGroup[]
}

const sampleBatch = ({ judge, reader, batch, rounds }: BatchSampling): Observable<RewardedGroup> => {
  const size = batch.prompts.length
  const sampleRound = (asked: PromptBatch, before: SampledGroups, round: number): Observable<RewardedGroup> =>
    of(asked).pipe(
      judge,
      toArray(),
      mergeMap((groups) => {
        const sampled = withGroups(before, groups, asked)
        const missing = size - sampled.informative.length
        return missing === 0 || round === rounds
          ? fillBatch(sampled, size)
          : readSpare(reader, missing).pipe(
              mergeMap((prompts) =>
                prompts.length === 0
                  ? fillBatch(sampled, size)
                  : sampleRound({ step: batch.step, prompts, offset: offsetAfter(asked) }, sampled, round + 1),
              ),
            )
      }),
    )
  return sampleRound(batch, { informative: [], degenerate: [] }, 1)
}

const withGroups = (before: SampledGroups, groups: readonly RewardedGroup[], asked: PromptBatch): SampledGroups => {
  if (groups.length !== asked.prompts.length)
    throw new PipelineError(
      'BrokenInvariant',
      `step ${asked.step}: found ${groups.length} judged groups, expected ${asked.prompts.length}`,
    )
  const { left, right } = A.partition(isInformative)([...groups].sort((a, b) => a.index - b.index))
  return { informative: [...before.informative, ...right], degenerate: [...before.degenerate, ...left] }
}

const isInformative = ({ rewards_G }: RewardedGroup): boolean =>
  !hasZeroVariance(A.rights([...rewards_G]).map(({ value }) => value))

const offsetAfter = ({ offset = 0, prompts }: PromptBatch): number => offset + prompts.length

const readSpare = ({ read }: BatchReader<Prompt>, count: number): Observable<readonly Prompt[]> => {
  const result = read(count)
  return (isPending(result) ? from(result) : of(result)).pipe(map(({ items }) => items))
}

/**
 * Informative groups first, then the newest degenerate ones. The first group records how many were discarded, and the
 * failures of the verifier in them.
 */
const fillBatch = ({ informative, degenerate }: SampledGroups, size: number): readonly RewardedGroup[] => {
  const discarded = informative.length + degenerate.length - size
  const discardedFailures = degenerate.slice(0, discarded).flatMap(({ rewards_G }) => A.lefts([...rewards_G]))
  return [...informative, ...degenerate.slice(discarded)].map((group, index) => ({
    ...group,
    index,
    groups: size,
    ...(index === 0 ? { discarded, ...(discardedFailures.length === 0 ? {} : { discardedFailures }) } : {}),
  }))
}
