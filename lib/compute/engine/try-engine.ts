import { describeThrown } from '../../describe.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'

/**
 * Turns calls of the engine port into an effect. The port itself returns promises, because training loops await thousands of
 * calls and every failure of an engine is fatal.
 *
 * @errors PipelineError EngineFailed
 */
export const tryEngine = <A>(call: () => Promise<A>): TE.TaskEither<PipelineError, A> =>
  TE.tryCatch(call, (cause) =>
    cause instanceof PipelineError ? cause : new PipelineError('EngineFailed', describeThrown(cause), { cause }),
  )
