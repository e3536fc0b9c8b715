import * as TE from 'fp-ts/lib/TaskEither.js'
import { ServerError } from '../http/server-error.js'

/** Returns the value of a promise that rejects with errors of a server. @errors ServerError; rejects with other errors */
export const tryServer = <A>(ask: () => Promise<A>): TE.TaskEither<ServerError, A> =>
  TE.tryCatch(ask, (error) => {
    if (error instanceof ServerError) return error
    throw error
  })
