import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { defer, finalize, from, map, mergeMap, type Observable, tap } from 'rxjs'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { PipelineError } from '../../pipeline-error.js'
import { checkPrompts } from '../../policy/check-group.js'
import { checkSampling } from '../../policy/check-sampling.js'
import type { Policy, Sampling } from '../../policy/policy.js'
import { uniform } from '../../random/uniform.js'
import type { Batch } from '../../rollout/batch.js'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import type { Tokenizer } from '../../tokenizer/tokenizer.js'
import { ServerError } from '../http/server-error.js'
import { firstValueFrom } from 'rxjs'
import { sequenceDatum } from './data.js'
import type { ServiceModel } from './model.js'
import { logprobsOf, scoresOf } from './scored-rows.js'
import type { Session } from './session.js'
import { tryServer } from './try-server.js'
import type { SampledWeights, ServiceVersions } from './versions.js'
import { SampledCodec } from './wire.js'

/** Policy whose weights are on a service. */
export interface TinkerPolicy extends Policy {
  /** Address of the service, for messages. */
  readonly name: string
  readonly scoreMethod: 'sampled'
  /**
   * Returns the log-probs of the tokens of one sequence under the present weights; that of the first token is 0, because nothing
   * comes before it.
   *
   * @shape [T] -> [T]
   * @units nats, at temperature 1
   */
  readonly logprobs: (tokens: readonly number[]) => TE.TaskEither<ServerError, Float32Array>
}

/** What a policy of a service samples and scores with. */
export interface PolicyParts {
  readonly session: Session
  readonly model: ServiceModel
  readonly versions: ServiceVersions
  readonly tokenizer: Tokenizer
  /** Maximum number of sequences in one request that scores. */
  readonly sequences: number
  /** Maximum number of prompts that are sampled at the same time. */
  readonly prompts: number
  /** Called with log-probs and the version of the weights that they are of. */
  readonly onScored: (logprobs_BT: Float32Array, version: number) => void
}

/** Creates the policy of a model on a service. It samples with the newest version of the weights. */
export const createTinkerPolicy = (parts: PolicyParts): TinkerPolicy => {
  const { session, model, versions, tokenizer } = parts
  return {
    name: session.name,
    scoreMethod: 'sampled',
    get version() {
      return versions.newest.version
    },
    sample: (batch, sampling) =>
      defer(() => {
        checkSampling(sampling)
        checkPrompts(batch)
        checkTruncation(sampling, session.name)
        const { step, prompts, offset = 0 } = batch
        return from(prompts.entries()).pipe(
          mergeMap(
            ([place, prompt]) =>
              completionsOf(parts, prompt, sampling, seedOf(sampling.seed, step, offset + place)).pipe(
                map((completions): RolloutGroup => ({
                  step,
                  groups: prompts.length,
                  index: offset + place,
                  prompt,
                  completions,
                })),
              ),
            parts.prompts,
          ),
        )
      }),
    score: (batch, temperature = 1) => score(parts, batch, temperature, () => versions.newest.version),
    logprobs: (tokens) =>
      tryServer(async () => {
        const datum = sequenceDatum(tokens, { weights: new Uint8Array(tokens.length - 1).fill(1) })
        const logprobs = await firstValueFrom(model.forward([datum]))
        return Float32Array.of(0, ...logprobs[0]!)
      }),
  }
}

/** Creates a policy that scores with a model that does not train: the reference of a KL penalty. */
export const createTinkerReference = (
  parts: Pick<PolicyParts, 'session' | 'sequences'>,
  model: () => Promise<ServiceModel>,
): Pick<Policy, 'score'> => ({
  score: (batch, temperature = 1) =>
    fromAsyncGenerator(async function* (signal) {
      checkScoreTemperature(temperature, parts.session.name)
      const rows = [...batch.responses.keys()]
      const logprobs_BT = await logprobsOf(await model(), batch, rows, parts.sequences, signal)
      if (logprobs_BT !== null) yield scoresOf(0, logprobs_BT)
    }),
})

const score = (
  { session, model, sequences, onScored }: PolicyParts,
  batch: Batch,
  temperature: number,
  version: () => number,
) =>
  fromAsyncGenerator(async function* (signal) {
    checkScoreTemperature(temperature, session.name)
    const scored = version()
    const logprobs_BT = await logprobsOf(model, batch, [...batch.responses.keys()], sequences, signal)
    if (logprobs_BT === null) return
    onScored(logprobs_BT, scored)
    yield scoresOf(scored, logprobs_BT)
  })

/** Number of seeds that the service derives from one seed, one for each completion of a prompt. */
const SEEDS = 2 ** 16

/** Seed of a prompt, far from the seeds of the other prompts: a service adds the number of the completion to it. */
const seedOf = (seed: number, step: number, index: number): number =>
  Math.floor(uniform(seed, step, index) * (2 ** 31 - SEEDS))

const completionsOf = (
  { session, versions, tokenizer }: PolicyParts,
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

/** A service returns log-probs at temperature 1 over the whole vocabulary, which are those of the sampler at temperature 1 alone. */
const checkTruncation = ({ temperature, topK, topP }: Sampling, name: string): void => {
  if (temperature !== 0 && temperature !== 1)
    throw unfit(name, `a sampling temperature of ${temperature}`, 'temperature 1, or 0 for an evaluation')
  if (topK !== 0 || topP !== 1) throw unfit(name, `top-k ${topK} and top-p ${topP}`, 'top-k 0 and top-p 1')
}

const checkScoreTemperature = (temperature: number, name: string): void => {
  if (temperature !== 1) throw unfit(name, `a score temperature of ${temperature}`, 'score temperature 1')
}

const unfit = (name: string, found: string, expected: string): PipelineError =>
  new PipelineError(
    'BadAlgorithm',
    `${name}: found ${found}, expected ${expected}: the service returns log-probs at temperature 1 over the whole vocabulary`,
  )
