import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'

/** Turns calls of the engine port, which return promises, into an effect. @errors PipelineError EngineFailed */
export const tryEngine = <A>(call: () => Promise<A>): TE.TaskEither<PipelineError, A> =>
  TE.tryCatch(call, (cause) =>
    cause instanceof PipelineError ? cause : new PipelineError('EngineFailed', String(cause), { cause }),
  )
