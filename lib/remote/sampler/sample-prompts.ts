import * as E from 'fp-ts/lib/Either.js'
import {
  catchError,
  concatWith,
  defer,
  EMPTY,
  finalize,
  forkJoin,
  from,
  map,
  mergeMap,
  type Observable,
  of,
  tap,
  throwError,
} from 'rxjs'
import { checkPrompts } from '../../policy/check-group.js'
import { checkSampling } from '../../policy/check-sampling.js'
import type { Sampling } from '../../policy/policy.js'
import type { Slots } from '../../control/slots.js'
import { uniform } from '../../random/uniform.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt, PromptBatch } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import { ServerError } from '../http/server-error.js'
import { type LogprobPlan, planLogprobs } from './completion-logprobs.js'
import type { LogprobKind } from './logprob-kind.js'
import type { WithWeights } from './remote-sampler.js'
import type { ServerActivity } from './server-activity.js'
import type { SamplerWire, WireCompletion } from './wire.js'

/** Parts of a policy on a server that its requests need. */
export interface SamplerContext {
  readonly wire: SamplerWire
  readonly tokenizer: Tokenizer
  readonly withWeights: WithWeights
  readonly inSlot: Slots
  readonly activity: ServerActivity
}

/**
 * Samples the groups of a batch, one request for each prompt, and emits each group when its completions are finished.
 *
 *     requests   a b c       b finishes first; c fails after its retries
 *     groups     --b---a-#   the error names c, and comes after all others have finished
 *
 * @errors ServerError whose `prompts` are those that failed; RangeError for an impossible setting of `sampling`
 */
export const samplePrompts = (
  context: SamplerContext,
  kind: LogprobKind,
  batch: PromptBatch,
  sampling: Sampling,
): Observable<RolloutGroup> =>
  defer(() => {
    const { wire, tokenizer, inSlot, activity } = context
    checkSampling(sampling)
    checkPrompts(batch, tokenizer.vocabulary)
    const plan = planLogprobs(kind, sampling, wire)
    if (E.isLeft(plan)) return throwError(() => plan.left)
    const failures: Failure[] = []
    return from(batch.prompts).pipe(
      mergeMap((prompt, place) => {
        activity.count(1)
        return inSlot(sampleGroup(context, plan.right, batch, place, sampling)).pipe(
          catchError((error: unknown) => {
            if (!(error instanceof ServerError)) return throwError(() => error)
            failures.push({ prompt, error })
            return EMPTY
          }),
          finalize(() => activity.count(-1)),
        )
      }),
      concatWith(defer(() => (failures.length === 0 ? EMPTY : throwError(() => failed(failures, batch))))),
    )
  })

interface Failure {
  readonly prompt: Prompt
  readonly error: ServerError
}

/** Returns the error of the first prompt that failed, with the identifiers of all that did. */
const failed = (failures: readonly Failure[], { step, prompts }: PromptBatch): ServerError => {
  const [first] = failures
  const { problem, place, found, expected, status, wait, isUnsent } = first!.error
  const ids = failures.map(({ prompt }) => prompt.id)
  const sentence = `${failures.length} of ${prompts.length} prompts of step ${step} failed, the first is ${ids[0]!}`
  return new ServerError(problem, place, `${found} (${sentence})`, expected, {
    ...{ cause: first!.error, prompts: ids, isUnsent },
    ...(status === null ? {} : { status }),
    ...(wait === null ? {} : { wait }),
  })
}

const sampleGroup = (
  context: SamplerContext,
  plan: LogprobPlan,
  { step, prompts, offset = 0 }: PromptBatch,
  place: number,
  sampling: Sampling,
): Observable<RolloutGroup> =>
  context.withWeights(({ version, loaded }) => {
    const { wire, tokenizer, activity } = context
    const [prompt, index, weights] = [prompts[place]!, offset + place, loaded?.name ?? null]
    const { group: count, temperature, topK, topP, maxTokens, seed } = sampling
    return wire
      .complete({
        ...{ prompt: prompt.tokens, count, temperature, topK, topP, maxTokens, weights },
        ...{ ends: tokenizer.ends, top: plan.top, seedOf: (sample) => seedOf(seed, step, index, sample) },
      })
      .pipe(
        tap((completions) => activity.sampled(completions.reduce((sum, { tokens }) => sum + tokens.length, 0))),
        mergeMap((completions) =>
          forkJoin(
            completions.map((completion) =>
              rawLogprobs(wire, plan, prompt.tokens, completion, weights).pipe(
                map((raw_T) => toCompletion(plan, completion, raw_T, context, version)),
              ),
            ),
          ),
        ),
        map((completions) => ({ step, groups: prompts.length, index, prompt, completions })),
      )
  })

/** Log-probs of a completion at temperature 1 without top-k and top-p, if the plan needs them. @shape [T] */
const rawLogprobs = (
  wire: SamplerWire,
  { needsScores }: LogprobPlan,
  prompt: readonly number[],
  { tokens }: WireCompletion,
  weights: string | null,
): Observable<Float32Array | undefined> =>
  needsScores
    ? wire
        .score({ tokens: [...prompt, ...tokens], top: 0, weights })
        .pipe(map(({ logprobs_T }) => logprobs_T.slice(prompt.length)))
    : of(undefined)

const toCompletion = (
  plan: LogprobPlan,
  completion: WireCompletion,
  raw_T: Float32Array | undefined,
  { wire, tokenizer }: SamplerContext,
  version: number,
): Completion => {
  const last = completion.tokens.at(-1)!
  if (completion.finish === 'stop' && !tokenizer.ends.includes(last))
    throw new ServerError(
      'unfit',
      wire.name,
      `a completion that ended at the token ${last}`,
      `one that ends at a stop token of the tokenizer: ${tokenizer.ends.join(', ')}; the model of the server has others`,
    )
  return {
    tokens: Int32Array.from(completion.tokens),
    ...plan.toLogprobs(completion, raw_T),
    text: tokenizer.decode(completion.tokens),
    finish: completion.finish,
    version,
  }
}

/**
 * Seed of a completion. A server adds the place of a sample to the seed of its prompt, so seeds of prompts are far apart: each is
 * one of 2^52.
 */
const seedOf = (seed: number, step: number, index: number, sample: number): number =>
  Math.floor(uniform(seed, step, index) * 2 ** 52) + sample
