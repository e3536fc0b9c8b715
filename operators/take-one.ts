import { type MonoTypeOperatorFunction, pipe, take, throwIfEmpty } from 'rxjs'
import { PipelineError } from '../lib/pipeline-error.js'

/**
 * Takes the first value that a port emits for a step, and unsubscribes from the port.
 *
 *     port      --a--b--|
 *     output    --(a|)
 *
 * `answer` names the port and the value in the error: "report of the learner".
 *
 * @errors PipelineError BrokenInvariant when the port completes without a value
 * @example
 * from(policy.score(batch)).pipe(takeOne('scores of the policy', batch.step))
 */
export const takeOne = <A>(answer: string, step: number): MonoTypeOperatorFunction<A> =>
  pipe(
    take(1),
    throwIfEmpty(() => new PipelineError('BrokenInvariant', `step ${step}: found no ${answer}, expected one value`)),
  )
