import type { Server } from '../http/server.js'
import { ServerError } from '../http/server-error.js'

/**
 * Refuses a server whose answers lack fields. `missing` describes each of them, and `examples` names servers that return them.
 *
 * @errors throws ServerError unfit that names all that is missing
 */
export const requireFields = (server: Server, missing: readonly string[], examples: string): void => {
  if (missing.length > 0)
    throw new ServerError(
      'unfit',
      server.name,
      `answers without ${missing.join(', without ')}`,
      `a server that returns them, such as ${examples}`,
    )
}
