import { describe, typedArrayName } from '../describe.js'
import { PipelineError } from '../pipeline-error.js'
import type { Completion } from '../rollout/completion.js'
import type { Prompt, PromptBatch } from '../rollout/prompt.js'
import type { RolloutGroup } from '../rollout/rollout-group.js'
import type { Sampling } from './policy.js'

/** Maximum by which rounding may lift a log-probability above 0. @units nats */
export const ROUNDING = 1e-4

/** Returns the error of a value that a port may not return. */
export const brokenPort = (place: string, found: unknown, expected: string): PipelineError =>
  new PipelineError('BrokenInvariant', `${place}: found ${describe(found)}, expected ${expected}`)

/** Remedy of weights that have diverged. */
const REMEDY = 'go on from an earlier checkpoint, with a lower learning rate'

/** Returns the error of a step in which a policy returned no number at all. */
export const diverged = (step: number, found: string): PipelineError =>
  new PipelineError(
    'Diverged',
    `step ${step}: found ${found}, expected a finite number: the weights have diverged; ${REMEDY}`,
  )

/** Returns the error of a number that a policy may not return. Weights that have diverged are the usual cause of NaN and infinity. */
export const brokenNumber = (place: string, found: number, expected: string): PipelineError =>
  brokenPort(place, found, Number.isFinite(found) ? expected : `${expected}; if the weights have diverged, ${REMEDY}`)

/** Checks that a port returned an object. @errors PipelineError BrokenInvariant */
export const checkObject = (value: unknown, place: string, expected: string): void => {
  if (typeof value !== 'object' || value === null) throw brokenPort(place, value, expected)
}

/** Fields of a value that a port returned; their values are unknown, because a port may be plain JavaScript. */
export const fieldsOf = <A>(value: A): { readonly [K in keyof A]?: unknown } => value ?? {}

/**
 * Creates the check of the groups that a policy samples for one batch. It returns each group unchanged.
 *
 * The check is for the policies of users: a wrong number would train silently, and a missing one would hold its step, and
 * one credit, for ever.
 *
 * @errors PipelineError Diverged when every log-prob of a group is NaN, because the weights are; BrokenInvariant that names the
 *         prompt, the completion, the field, and what the field has to be
 */
export const groupCheck = (
  { step, prompts, offset = 0 }: PromptBatch,
  sampling: Sampling,
  vocabulary: number = Infinity,
): ((group: RolloutGroup) => RolloutGroup) => {
  const seen = new Set<number>()
  return (group) => {
    const here = `policy.sample, step ${step}`
    const { step: ofStep, groups, index, prompt, completions } = fieldsOf(group)
    if (ofStep !== step) throw brokenPort(`${here}: step of a group`, ofStep, `${step}, the step of its prompts`)
    const place = typeof index === 'number' ? prompts[index - offset] : undefined
    if (place === undefined)
      throw brokenPort(
        `${here}: index of a group`,
        index,
        `an integer from ${offset} to ${offset + prompts.length - 1}`,
      )
    if (seen.has(index as number)) throw brokenPort(`${here}: index of a group`, index, 'each index once')
    seen.add(index as number)
    const ofPrompt = `${here}, prompt ${describe(place.id)}`
    if (groups !== prompts.length)
      throw brokenPort(`${ofPrompt}: groups`, groups, `${prompts.length}, the number of prompts of the call`)
    const { id } = fieldsOf(prompt as Prompt)
    if (id !== place.id)
      throw brokenPort(`${ofPrompt}: prompt.id`, id, `${describe(place.id)}, the prompt of this index`)
    if (!Array.isArray(completions) || completions.length !== sampling.group)
      throw brokenPort(`${ofPrompt}: completions`, completions, `an array of ${sampling.group}, as sampling.group asks`)
    completions.forEach((completion: Completion, g) =>
      checkCompletion(completion, `${ofPrompt}, completion ${g}`, sampling.maxTokens, vocabulary),
    )
    if (group.completions.every(({ logprobs_T }) => logprobs_T.every(Number.isNaN)))
      throw diverged(step, `log-prob NaN in every token that the policy sampled for prompt ${describe(place.id)}`)
    group.completions.forEach(({ logprobs_T }, g) => checkLogprobs(logprobs_T, `${ofPrompt}, completion ${g}`))
    return group
  }
}

const checkCompletion = (completion: Completion, here: string, maxTokens: number, vocabulary: number): void => {
  const { tokens, logprobs_T, text, finish, version } = fieldsOf(completion)
  if (typedArrayName(tokens) !== 'Int32Array') throw brokenPort(`${here}: tokens`, tokens, 'an Int32Array')
  const { length } = completion.tokens
  if (length === 0) throw brokenPort(`${here}: tokens`, tokens, 'at least one token')
  if (length > maxTokens)
    throw brokenPort(`${here}: tokens`, tokens, `at most ${maxTokens} tokens, as sampling.maxTokens asks`)
  checkIds(completion.tokens, here, vocabulary)
  if (typedArrayName(logprobs_T) !== 'Float32Array' || completion.logprobs_T.length !== length)
    throw brokenPort(`${here}: logprobs_T`, logprobs_T, `a Float32Array of ${length}, one number for each token`)
  if (typeof text !== 'string') throw brokenPort(`${here}: text`, text, 'a text')
  if (finish !== 'stop' && finish !== 'length') throw brokenPort(`${here}: finish`, finish, 'stop or length')
  checkVersion(version, `${here}: version`)
}

const checkLogprobs = (logprobs_T: Float32Array, here: string): void => {
  for (let t = 0; t < logprobs_T.length; t++)
    if (!isLogprob(logprobs_T[t]!))
      throw brokenNumber(`${here}: logprobs_T[${t}]`, logprobs_T[t]!, 'a finite number <= 0')
}

/** Returns true for a log-probability: finite, and at most 0 up to rounding. */
const isLogprob = (value: number): boolean => Number.isFinite(value) && value <= ROUNDING

/** Checks the version of weights. @errors PipelineError BrokenInvariant */
export const checkVersion = (version: unknown, place: string, least = 0): void => {
  if (!(Number.isSafeInteger(version) && (version as number) >= least))
    throw brokenPort(place, version, least > 0 ? `an integer >= ${least}: versions never go back` : 'an integer >= 0')
}

const checkIds = (tokens: ArrayLike<number>, here: string, vocabulary: number): void => {
  for (let t = 0; t < tokens.length; t++)
    if (!(Number.isInteger(tokens[t]) && tokens[t]! >= 0 && tokens[t]! < vocabulary))
      throw brokenPort(`${here}: tokens[${t}]`, tokens[t], tokenOf(vocabulary))
}

const tokenOf = (vocabulary: number): string =>
  vocabulary === Infinity ? 'an integer >= 0' : `a token from 0 to ${vocabulary - 1}, the vocabulary`

/**
 * Checks that the tokens of prompts and completions are in the vocabulary of a model, which reads wrong weights for
 * another token, or fails.
 *
 * @errors PipelineError BrokenInvariant that names the prompt, the completion and the token
 */
export const checkTokens = (
  responses: readonly { readonly prompt: Prompt; readonly completion: Completion }[],
  vocabulary: number,
  here: string,
): void =>
  responses.forEach(({ prompt, completion }, b) => {
    const ofPrompt = `${here}, prompt ${describe(prompt.id)}`
    checkIds(prompt.tokens, ofPrompt, vocabulary)
    checkIds(completion.tokens, `${ofPrompt}, completion of response ${b}`, vocabulary)
  })

/**
 * Checks the prompts of a batch before a policy reads them.
 *
 * @errors PipelineError EmptyPrompt for a prompt without tokens, BrokenInvariant for one that is malformed
 */
export const checkPrompts = ({ step, prompts }: PromptBatch, vocabulary = Infinity): void =>
  prompts.forEach((prompt, place) => {
    const { id, tokens } = fieldsOf(prompt)
    const here = `prompt ${typeof id === 'string' ? id : `${place} of the batch`} of step ${step}`
    if (!Array.isArray(tokens) && !ArrayBuffer.isView(tokens)) throw brokenPort(`${here}: tokens`, tokens, 'an array')
    if (prompt.tokens.length === 0)
      throw new PipelineError('EmptyPrompt', `${here}: found 0 tokens, expected at least 1`)
    checkIds(prompt.tokens, here, vocabulary)
  })
