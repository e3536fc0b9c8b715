import * as A from 'fp-ts/lib/Array.js'
import { concatMap, defer, finalize, from, mergeMap, type Observable, of, type OperatorFunction, toArray } from 'rxjs'
import { hasZeroVariance } from '../lib/advantage/zero-variance.js'
import { PipelineError } from '../lib/pipeline-error.js'
import type { Prompt, PromptBatch, PromptSource } from '../lib/rollout/prompt.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { isPending, type ReadItems, batchReader, type BatchReader } from '../lib/control/batch-reader.js'

export interface DynamicSamplingOptions {
  /** Most times that a batch is sampled, the first one included. */
  readonly rounds?: number
}

/**
 * Replaces the groups whose rewards are all equal, which teach a group-relative estimator nothing, by other prompts'.
 *
 *     batches    a-----------------|
 *     judge      --xyz||               y: rewards all equal; z, too
 *     spare      ------(bc)            as many prompts as groups were put away
 *     judge            --pq||          q: all equal, and so on, at most `rounds` times in all
 *     output     ---------------(xp…)
 *
 * A batch keeps its size: what is still without a signal after the last round, or when the spare prompts have ended,
 * stays, after the groups that say something. Groups are counted anew; the first says how many were put away. With a
 * {@link sharedPrompts} source the spare prompts are the next ones of the run.
 *
 * @errors RangeError for rounds that are no positive integer; PipelineError BrokenInvariant when `judge` loses a group;
 *         whatever `judge` and the source fail with
 * @source DAPO, arXiv:2503.14476
 */
export const dynamicSampling =
  (
    judge: OperatorFunction<PromptBatch, RewardedGroup>,
    spare: PromptSource,
    { rounds = 10 }: DynamicSamplingOptions = {},
  ): OperatorFunction<PromptBatch, RewardedGroup> =>
  (batches$) =>
    defer(() => {
      if (!Number.isInteger(rounds) || rounds < 1)
        throw new RangeError(`rounds: found ${rounds}, expected an integer >= 1`)
      let closed = false
      const source = batchReader(spare, () => closed)
      return batches$.pipe(
        concatMap((batch) => sampled(judge, source, batch, rounds)),
        finalize(() => {
          closed = true
          source.close()
        }),
      )
    })

/** Groups that say something, and those that do not. */
interface Sampled {
  readonly telling: readonly RewardedGroup[]
  readonly dull: readonly RewardedGroup[]
}

const sampled = (
  judge: OperatorFunction<PromptBatch, RewardedGroup>,
  spare: BatchReader<Prompt>,
  batch: PromptBatch,
  rounds: number,
): Observable<RewardedGroup> => {
  const size = batch.prompts.length
  const roundOf = (asked: PromptBatch, { telling, dull }: Sampled, round: number): Observable<RewardedGroup> =>
    of(asked).pipe(
      judge,
      toArray(),
      mergeMap((groups) => {
        if (groups.length !== asked.prompts.length)
          throw new PipelineError(
            'BrokenInvariant',
            `batch ${batch.step} was judged in ${groups.length} groups, expected ${asked.prompts.length}`,
          )
        const { left, right } = A.partition(isTelling)([...groups].sort((a, b) => a.index - b.index))
        const sofar = { telling: [...telling, ...right], dull: [...dull, ...left] }
        const missing = size - sofar.telling.length
        return missing === 0 || round === rounds
          ? whole(sofar, size)
          : later(spare.read(missing)).pipe(
              mergeMap(({ items }) =>
                items.length === 0
                  ? whole(sofar, size)
                  : roundOf({ step: batch.step, prompts: items, offset: offsetAfter(asked) }, sofar, round + 1),
              ),
            )
      }),
    )
  return roundOf(batch, { telling: [], dull: [] }, 1)
}

const offsetAfter = ({ offset = 0, prompts }: PromptBatch): number => offset + prompts.length

const later = <T>(pulled: ReadItems<T> | Promise<ReadItems<T>>): Observable<ReadItems<T>> =>
  isPending(pulled) ? from(pulled) : of(pulled)

const isTelling = ({ rewards_G }: RewardedGroup): boolean =>
  !hasZeroVariance(A.rights([...rewards_G]).map(({ value }) => value))

/** Telling groups first, filled up with the newest dull ones; the first tells how many were put away. */
const whole = ({ telling, dull }: Sampled, size: number): readonly RewardedGroup[] => {
  const discarded = telling.length + dull.length - size
  return [...telling, ...dull.slice(discarded)].map((group, index) => ({
    ...group,
    index,
    groups: size,
    ...(index === 0 ? { discarded } : {}),
  }))
}
