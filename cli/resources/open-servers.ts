import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { readSecret, type Secret } from '../../lib/remote/http/secret.js'
import { openServer, type Server } from '../../lib/remote/http/server.js'
import type { SettingError } from '../../lib/remote/http/setting-error.js'
import { keyVariables, learnerAddress, type ServerSettings } from '../config/servers.js'
import type { Closable } from '../scope.js'

/** Keys of the servers of a run, and the connection to the service that trains. */
export interface OpenedServers extends Closable {
  /** Key of the servers that sample; null without one. */
  readonly rolloutKey: Secret | null
  /** Service that trains; null if this machine trains. */
  readonly learner: Server | null
  /** Takes over a resource that uses the connections, and closes it before them. */
  readonly own: <A extends Closable>(resource: A) => A
}

/** Keys by the environment, such as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the keys of the servers of a configuration, and opens the connection to the service that trains. No request is sent yet.
 *
 * @errors SettingError for a key that cannot be read, and for a proxy that is no address
 */
export const openServers = (
  { rollouts, rolloutKeyFile, learner, learnerKeyFile }: ServerSettings,
  environment: Environment = process.env,
): TE.TaskEither<SettingError, OpenedServers> =>
  pipe(
    TE.Do,
    TE.bind('rolloutKey', () =>
      rollouts === null ? TE.right(null) : keyOf(rolloutKeyFile, keyVariables.rollouts, environment),
    ),
    TE.bind('trainer', () =>
      learner === null
        ? TE.right(null)
        : pipe(
            keyOf(learnerKeyFile, keyVariables.learner, environment),
            TE.chainEitherK((key) =>
              openServer({
                url: learnerAddress(learner),
                ...(key === null ? {} : { key, keyHeader: 'x-api-key' as const }),
              }),
            ),
          ),
    ),
    TE.map(({ rolloutKey, trainer }) => {
      const owned: Closable[] = []
      return {
        rolloutKey,
        learner: trainer,
        own: (resource) => {
          owned.push(resource)
          return resource
        },
        close: async () => {
          // A model on a server is unloaded through its connection.
          await Promise.all(owned.map(async (resource) => resource.close()))
          await trainer?.close()
        },
      }
    }),
  )

/** Key of a file, or else of a variable, or else none. */
const keyOf = (
  file: string | null,
  variable: string,
  environment: Environment,
): TE.TaskEither<SettingError, Secret | null> => {
  if (file !== null) return readSecret({ file })
  return environment[variable] === undefined ? TE.right(null) : readSecret({ variable }, environment)
}
