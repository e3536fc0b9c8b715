import { defer, map, type Observable } from 'rxjs'
import { PipelineError } from '../../pipeline-error.js'
import type { Sampling } from '../../policy/policy.js'
import { uniform } from '../../random/uniform.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import { ServerError } from '../http/server-error.js'
import type { Session } from './session.js'
import type { SampledWeights, ServiceVersions } from './versions.js'
import { SampledCodec } from './wire.js'

/** Parts of a service by which it samples completions. */
export interface Sampler {
  readonly session: Session
  readonly versions: ServiceVersions
  readonly tokenizer: Tokenizer
}

/** Number of seeds that the service derives from one seed, one for each completion of a prompt. */
const SEEDS = 2 ** 16

/** Seed of a prompt, far from the seeds of the other prompts: a service adds the number of the completion to it. */
export const seedOf = (seed: number, step: number, index: number): number =>
  Math.floor(uniform(seed, step, index) * (2 ** 31 - SEEDS))

/** Samples the completions of one prompt with the newest weights. @errors ServerError */
export const completionsOf = (
  { session, versions, tokenizer }: Sampler,
  prompt: Prompt,
  { group, temperature, maxTokens }: Sampling,
  seed: number,
): Observable<readonly Completion[]> =>
  defer(() => {
    const weights = versions.newest
    return session
      .work({
        route: 'asample',
        body: {
          model_path: weights.address,
          prompt: { chunks: [{ type: 'encoded_text', tokens: [...prompt.tokens] }] },
          num_samples: group,
          sampling_params: { max_tokens: maxTokens, temperature, seed, stop: [...tokenizer.ends], top_k: -1, top_p: 1 },
          type: 'sample',
        },
        codec: SampledCodec,
        isRepeatable: true,
      })
      .pipe(
        map(({ sequences }) => {
          const place = `${session.name}: asample, prompt ${JSON.stringify(prompt.id)}`
          if (sequences.length !== group)
            throw new ServerError('unreadable', place, `${sequences.length} completions`, `${group}`)
          return sequences.map((sequence) => completionOf(sequence, weights, tokenizer, temperature, place))
        }),
      )
  })

/** Completion on the wire. */
interface Sequence {
  readonly tokens: Float64Array
  readonly logprobs: Float64Array
  readonly stop_reason: string
}

const completionOf = (
  { tokens, logprobs, stop_reason }: Sequence,
  { version }: SampledWeights,
  tokenizer: Tokenizer,
  temperature: number,
  place: string,
): Completion => {
  const isStopped = tokenizer.ends.includes(tokens.at(-1)!)
  if (tokens.length === 0 || logprobs.length !== tokens.length)
    throw new ServerError(
      'unreadable',
      place,
      `${logprobs.length} log-probs of ${tokens.length} tokens`,
      'one for each',
    )
  if (stop_reason === 'stop' && !isStopped)
    throw new ServerError(
      'unfit',
      place,
      'a completion that stopped, without its stop token',
      `the stop token as its last token, because it trains: ${tokenizer.ends.join(' or ')}`,
    )
  return {
    tokens: Int32Array.from(tokens),
    // At temperature 0 the service samples the most probable token with certainty, and returns its log-prob at temperature 1.
    logprobs_T:
      temperature === 0 ? new Float32Array(tokens.length) : Float32Array.from(logprobs, (x) => Math.min(0, x)),
    text: tokenizer.decode(isStopped ? tokens.subarray(0, -1) : tokens),
    finish: isStopped ? 'stop' : 'length',
    version,
  }
}

/**
 * Checks that the log-probs of a service are those of the sampler. They are at temperature 1 and over the whole vocabulary.
 *
 * @errors PipelineError BadAlgorithm
 */
export const checkTruncation = ({ temperature, topK, topP }: Sampling, name: string): void => {
  if (temperature !== 0 && temperature !== 1)
    throw unfit(name, `a sampling temperature of ${temperature}`, 'temperature 1, or 0 for an evaluation')
  if (topK !== 0 || topP !== 1) throw unfit(name, `top-k ${topK} and top-p ${topP}`, 'top-k 0 and top-p 1')
}

/** Error of a setting for which a service returns other log-probs. */
export const unfit = (name: string, found: string, expected: string): PipelineError =>
  new PipelineError(
    'BadAlgorithm',
    `${name}: found ${found}, expected ${expected}: the service returns log-probs at temperature 1 over the whole vocabulary`,
  )
