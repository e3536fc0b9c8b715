import * as TE from 'fp-ts/lib/TaskEither.js'
import { combineLatest, concatMap, defer, lastValueFrom, map, type Observable, startWith } from 'rxjs'
import { isOut } from '../../control/run-state.js'
import { orThrow } from '../../or-throw.js'
import { sum } from '../../statistics.js'
import { ServerError } from '../http/server-error.js'
import type { PublishedWeights, RemotePolicy, ServerStatus } from '../remote-policy.js'
import { createDelivery } from '../sync/deliver.js'
import type { MemberState } from './membership.js'
import { createPool, type PoolOptions, type PoolServer } from './pool.js'

/** State of one server of a pool. */
export interface PooledServer extends ServerStatus {
  /** Address of the server without a key. */
  readonly name: string
  /**
   * `ready` if it samples, `joining` while it gets the newest weights, `away` after it was taken out because it failed, `returning` while
   * it is tried again after that.
   */
  readonly state: MemberState
  /** Measured speed; null before its first prompt. @units prompts per second */
  readonly promptsPerSecond: number | null
}

/** Several servers that sample as one policy. */
export interface PooledPolicy extends RemotePolicy {
  /** State of every server; emits at subscription and when one changes. */
  readonly servers$: Observable<readonly PooledServer[]>
}

/**
 * Pools several servers into one policy. Each prompt goes to a server that is free; a server has at most its share of the prompts, by
 * its measured speed. A server that fails is taken out, its prompts go to the others, and it is taken back when it answers again and
 * has the newest weights. Each prompt gives exactly one group, or the error that ends the run.
 *
 *     prompts     (abc)
 *     server 1    a--A c--C|
 *     server 2    b-#                 it fails: b goes to server 1
 *     output      ---A----(BC)|
 *
 * The choice of the server changes no draw, because a server draws by (seed, step, index of the prompt).
 *
 * @errors RangeError for an impossible option and for no server; through the policy, ServerError when a prompt fails on every
 *         attempt, when no server answers, and when a server did not take published weights
 * @example
 * const policy = pooled([first, second], { promptsPerServer: 16 })
 */
export const pooled = (policies: readonly RemotePolicy[], options: PoolOptions = {}): PooledPolicy => {
  const pool = createPool(policies.map(serverOf), options)
  const [{ vocabulary, scoreMethod }] = policies as readonly [RemotePolicy]
  const servers$ = combineLatest([
    combineLatest(policies.map(({ status$ }) => status$)),
    pool.changes$.pipe(startWith(undefined)),
  ]).pipe(
    map(([statuses]) => {
      const members = pool.servers
      return statuses.map((status, index): PooledServer => {
        const { state, speed, fault } = members[index]!
        const isAlive = !isOut({ state })
        const { name } = policies[index]!
        return { ...status, isAlive, fault: isAlive ? null : fault, name, state, promptsPerSecond: speed }
      })
    }),
  )
  return {
    name: policies.map(({ name }) => name).join(', '),
    get version() {
      return pool.weights?.version ?? Math.max(...policies.map(({ version }) => version))
    },
    ...(vocabulary === undefined ? {} : { vocabulary }),
    ...(scoreMethod === undefined ? {} : { scoreMethod }),
    sample: pool.sample,
    score: pool.score,
    logprobs: (tokens) => toEffect(() => lastValueFrom(pool.logprobs(tokens))),
    publish: (weights) => toEffect(() => lastValueFrom(pool.publish(weights), { defaultValue: undefined })),
    status$: servers$.pipe(map((servers) => statusOf(servers, pool.weights?.version))),
    servers$,
    close: async () => {
      pool.close()
      await Promise.all(policies.map((policy) => policy.close()))
    },
  }
}

/** Tokens of the question by which a server shows that it answers. */
const PROBE = [0, 0]

const serverOf = (policy: RemotePolicy): PoolServer => {
  const deliver = createDelivery(policy)
  let last: Promise<unknown> = Promise.resolve()
  // A server goes on to load weights when nobody waits for it, so newer weights are sent after that, unless they are outdated then, too.
  const deliverNext = (weights: PublishedWeights) =>
    defer(() => last).pipe(
      concatMap(() => {
        const delivery = orThrow(deliver(weights))
        last = delivery.catch(() => undefined)
        return delivery
      }),
    )
  return {
    name: policy.name,
    fault$: policy.status$.pipe(map(({ fault }) => fault)),
    sample: (prompts, sampling) => policy.sample(prompts, sampling),
    score: (batch, temperature) => policy.score(batch, temperature),
    logprobs: (tokens) => orThrow(policy.logprobs(tokens)),
    join: (weights) => (weights === null ? orThrow(policy.logprobs(PROBE)) : deliverNext(weights)),
  }
}

const toEffect = <A>(run: () => Promise<A>): TE.TaskEither<ServerError, A> =>
  TE.tryCatch(run, (error) => {
    if (!(error instanceof ServerError)) throw error
    return error
  })

const statusOf = (servers: readonly PooledServer[], version: number | undefined): ServerStatus => ({
  isAlive: servers.some(({ isAlive }) => isAlive),
  fault: servers.some(({ isAlive }) => isAlive) ? null : (servers[0]?.fault ?? null),
  version: version ?? Math.max(...servers.map((server) => server.version)),
  tokensPerSecond: sum(servers.map(({ tokensPerSecond }) => tokensPerSecond)),
  waiting: sum(servers.map(({ waiting }) => waiting)),
})
