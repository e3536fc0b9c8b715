import type * as TE from 'fp-ts/lib/TaskEither.js'
import { defer, finalize, firstValueFrom, from, map, mergeMap, tap } from 'rxjs'
import type { Serial } from '../../compute/engine/serial.js'
import { fromAsyncGenerator } from '../../control/from-async-generator.js'
import { checkPrompts } from '../../policy/check-group.js'
import { checkSampling } from '../../policy/check-sampling.js'
import type { Policy } from '../../policy/policy.js'
import type { Batch } from '../../rollout/batch.js'
import type { RolloutGroup } from '../../rollout/rollout-group.js'
import { sum } from '../../statistics.js'
import type { ServerError } from '../http/server-error.js'
import type { ServerActivity } from '../sampler/server-activity.js'
import { sequenceDatum } from './data.js'
import type { ServiceModel } from './model.js'
import { checkTruncation, completionsOf, type Sampler, seedOf, unfit } from './sample.js'
import { logprobsOf, scoresOf } from './scored-rows.js'
import { tryServer } from './try-server.js'

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

/** Parts of a service by which its policy samples and scores. */
export interface PolicyParts extends Sampler {
  /** Queue of the updates and the scoring, because the weights between the steps of an update are those of no version. */
  readonly inOrder: Serial
  readonly model: ServiceModel
  /** Maximum number of sequences in one request that scores. */
  readonly sequences: number
  /** Maximum number of prompts that are sampled at the same time. */
  readonly prompts: number
  /** Record of what the service does. */
  readonly activity: Pick<ServerActivity, 'count' | 'sampled'>
  /** Called with log-probs and the version of the weights that they are of. */
  readonly onScored: (logprobs_BT: Float32Array, version: number) => void
}

/** Creates the policy of a model on a service. It samples with the newest version of the weights. */
export const createTinkerPolicy = (parts: PolicyParts): TinkerPolicy => {
  const { session, model, versions, inOrder, activity } = parts
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
        let waiting = prompts.length
        activity.count(waiting)
        const finish = ({ completions }: RolloutGroup) => {
          waiting--
          activity.count(-1)
          activity.sampled(sum(completions.map(({ tokens }) => tokens.length)))
        }
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
          tap(finish),
          finalize(() => activity.count(-waiting)),
        )
      }),
    score: (batch, temperature = 1) => score(parts, batch, temperature),
    logprobs: (tokens) =>
      tryServer(() =>
        inOrder(async () => {
          const datum = sequenceDatum(tokens, { weights: new Uint8Array(tokens.length - 1).fill(1) })
          const logprobs = await firstValueFrom(model.forward([datum]))
          return Float32Array.of(0, ...logprobs[0]!)
        }),
      ),
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
  { session, model, versions, sequences, inOrder, onScored }: PolicyParts,
  batch: Batch,
  temperature: number,
) =>
  fromAsyncGenerator(async function* (signal) {
    checkScoreTemperature(temperature, session.name)
    const scores = await inOrder(async () => {
      const { version } = versions.newest
      const logprobs_BT = await logprobsOf(model, batch, [...batch.responses.keys()], sequences, signal)
      return logprobs_BT === null ? null : scoresOf(version, logprobs_BT)
    })
    if (scores === null) return
    onScored(scores.logprobs_BT, scores.version)
    yield scores
  })

const checkScoreTemperature = (temperature: number, name: string): void => {
  if (temperature !== 1) throw unfit(name, `a score temperature of ${temperature}`, 'score temperature 1')
}
