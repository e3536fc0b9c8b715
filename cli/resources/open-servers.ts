import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as O from 'fp-ts/lib/Option.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readSecret, type Secret } from '../../lib/remote/http/secret.js'
import { openServer, type Server } from '../../lib/remote/http/server.js'
import type { SettingError } from '../../lib/remote/http/setting-error.js'
import { keyVariables, learnerAddress, type ServerSettings } from '../config/servers.js'
import type { Closable } from '../scope.js'

/** Connections to the servers of a run. */
export interface OpenedServers extends Closable {
  /** Servers that sample; none if the completions are sampled where the model trains. */
  readonly rollouts: readonly Server[]
  /** Service that trains; null if this machine trains. */
  readonly learner: Server | null
  /** Takes over a resource that uses the connections, and closes it before them. */
  readonly own: <A extends Closable>(resource: A) => A
}

/** Keys by the environment, such as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the keys of the servers of a configuration, and opens the connections. No request is sent yet.
 *
 * @errors SettingError for a key that cannot be read, and for a proxy that is no address
 */
export const openServers = (
  { rollouts, rolloutKeyFile, learner, learnerKeyFile }: ServerSettings,
  environment: Environment = process.env,
): TE.TaskEither<SettingError, OpenedServers> =>
  pipe(
    TE.Do,
    TE.bind('samplers', () => openAll(rollouts ?? [], keyOf(rolloutKeyFile, keyVariables.rollouts, environment))),
    TE.bind('trainers', () =>
      openAll(
        learner === null ? [] : [learnerAddress(learner)],
        keyOf(learnerKeyFile, keyVariables.learner, environment),
      ),
    ),
    TE.map(({ samplers, trainers: [trainer = null] }) => {
      const owned: Closable[] = []
      return {
        rollouts: samplers,
        learner: trainer,
        own: (resource) => {
          owned.push(resource)
          return resource
        },
        close: async () => {
          // A model on a server is unloaded through its connection.
          await Promise.all(owned.map((resource) => resource.close()))
          await Promise.all([...samplers, ...(trainer === null ? [] : [trainer])].map((server) => server.close()))
        },
      }
    }),
  )

const openAll = (
  addresses: readonly string[],
  key: TE.TaskEither<SettingError, O.Option<Secret>>,
): TE.TaskEither<SettingError, readonly Server[]> =>
  addresses.length === 0
    ? TE.right([])
    : pipe(
        key,
        TE.chainEitherK((found) =>
          pipe(
            addresses,
            E.traverseArray((url) => openServer({ url, ...(O.isSome(found) ? { key: found.value } : {}) })),
          ),
        ),
      )

/** Key of a file, or else of a variable, or else none. */
const keyOf = (
  file: string | null,
  variable: string,
  environment: Environment,
): TE.TaskEither<SettingError, O.Option<Secret>> => {
  if (file !== null) return pipe(readSecret({ file }), TE.map(O.some))
  return environment[variable] === undefined
    ? TE.right(O.none)
    : pipe(readSecret({ variable }, environment), TE.map(O.some))
}
