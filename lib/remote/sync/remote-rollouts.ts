import { concat, defer, EMPTY, finalize, from, ignoreElements, type Observable } from 'rxjs'
import { checkOptions, positive } from '../../option.js'
import type { Learner } from '../../policy/learner.js'
import { mapLearner } from '../../policy/map-learner.js'
import { mapPolicy } from '../../policy/map-policy.js'
import type { Policy } from '../../policy/policy.js'
import { type PooledPolicy, pooled } from '../pool/pooled.js'
import type { RemotePolicy } from '../remote-policy.js'
import { knownTokens } from './known-sequence.js'
import { createPublisher } from './publisher.js'
import type { PublishedModel, WeightSync } from './weight-sync.js'

/** Options of {@link remoteRollouts}. */
export interface RemoteRolloutsOptions {
  /**
   * Maximum mean difference between the log-probs that learner and server give to one known sequence, above which the server counts
   * as one that did not take the weights [0.05]. Servers that compute in 16 bits differ by about 0.01. @units nats per token
   */
  readonly tolerance?: number
}

/** Ports of a training run whose completions are sampled on servers. */
export interface RemoteRollouts extends Pick<PooledPolicy, 'servers$'> {
  /** Samples on the servers, and scores by the local model. */
  readonly policy: Policy
  /** Updates the local model. Each version is published to the servers before the next sampling or update. */
  readonly learner: Learner
  /** Closes the connections and removes the published folders. The caller closes the model. */
  readonly close: () => Promise<void>
}

/**
 * Creates the ports of a run that samples on servers and trains here.
 *
 *     sample     p-s-----------p-s----       p: the newest version is published to the servers
 *     update          --u|                   u: the local update
 *     report            r
 *
 * A publication waits until one server has the version; the others sample when they have it. One known sequence is scored by both
 * sides and compared, so that a server that did not take the weights ends the run. Folders are removed when no sampling that began with their version goes on.
 *
 * @units  nats
 * @errors RangeError for an impossible option; through the ports, ServerError unfit for a server that did not take the weights, with
 *         its name, the version and both values; the errors of the model, of `sync` and of the servers
 * @example
 * const { policy, learner } = remoteRollouts(model, pooled([first, second]), adapterSync({ folder: '/shared/adapters' }))
 */
export const remoteRollouts = (
  model: PublishedModel & { readonly learner: Learner },
  samplers: RemotePolicy,
  sync: WeightSync,
  options: RemoteRolloutsOptions = {},
): RemoteRollouts => {
  checkOptions(options, { tolerance: positive })
  const { tolerance = 0.05 } = options
  const pool = isPool(samplers) ? samplers : pooled([samplers])
  const publisher = createPublisher(model, pool, sync, tolerance)
  let tokens: readonly number[] | null = null
  /** Publishes the newest version, unless the servers have it. */
  const publishFirst = (): Observable<never> =>
    defer(() =>
      tokens === null || publisher.version === model.policy.version ? EMPTY : publisher.publish(tokens),
    ).pipe(ignoreElements())
  return {
    servers$: pool.servers$,
    policy: mapPolicy(model.policy, {
      sample: (_, prompts, sampling) =>
        defer(() => {
          tokens ??= prompts.prompts[0] === undefined ? null : knownTokens(prompts.prompts[0].tokens)
          return concat(
            publishFirst(),
            defer(() => {
              const release = publisher.use()
              return from(pool.sample(prompts, sampling)).pipe(finalize(release))
            }),
          )
        }),
    }),
    learner: mapLearner(model.learner, {
      // The report of an update does not wait for the servers, so that a run that stops does not lose the step.
      update: (batch, objective) =>
        concat(
          defer(() => (publisher.version === null ? EMPTY : publishFirst())),
          defer(() => model.learner.update(batch, objective)),
        ),
    }),
    close: async () => {
      await pool.close()
      await publisher.close()
    },
  }
}

const isPool = (samplers: RemotePolicy): samplers is PooledPolicy => 'servers$' in samplers
