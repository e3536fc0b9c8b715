import { ServerError } from '../http/server-error.js'

/**
 * Returns the error of a server that refuses to load adapters. It would refuse them again, so the error is unfit, which ends a run.
 * `isRefusal` finds the other answers by which a kind of server refuses.
 */
export const refusedWeights = (error: unknown, isRefusal: (error: ServerError) => boolean = () => false): unknown =>
  error instanceof ServerError && (error.problem === 'refused' || isRefusal(error))
    ? new ServerError(
        'unfit',
        error.place,
        error.found,
        'adapters that the server loads: it has to read their folder, and its maximum rank has to be theirs or more',
        { cause: error, ...(error.status === null ? {} : { status: error.status }) },
      )
    : error
