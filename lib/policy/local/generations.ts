import {
  BehaviorSubject,
  catchError,
  defer,
  dematerialize,
  materialize,
  NEVER,
  type Observable,
  type ObservableInput,
  switchMap,
} from 'rxjs'
import type { PipelineError } from '../../pipeline-error.js'
import type { Policy } from '../policy.js'
import type { OpenedModel } from './local-model.js'
import { lossIn } from './restart-engines.js'

/** A model between two losses of engines, and its frozen policies in the order of their creation. */
export interface Generation {
  readonly model: OpenedModel
  readonly frozen: Pick<Policy, 'score'>[]
}

/** Present generation of a model, and the calls that are made on it. */
export interface Generations {
  /** Present generation; null while lost engines are started again. */
  readonly present: Generation | null
  /**
   * Makes a call on the present generation. When an engine is lost, the call is unsubscribed and made again on the next
   * generation, so the caller may see values of an interrupted call and then those of the call that replaces it.
   *
   * @errors the errors of the call, and those of `replace`
   */
  readonly call: <A>(work: (generation: Generation) => ObservableInput<A>) => Observable<A>
  /** Closes the present generation, after a replacement that is in progress. */
  readonly close: () => Promise<void>
}

/**
 * Creates the generations of a model. `replace` returns the next generation after a loss.
 *
 *     generation    1-----x    2--------     x: a call reports the loss of an engine
 *     call a         -----       ---a|       made again
 *     call b             --      -b|
 */
export const createGenerations = (
  first: Generation,
  replace: (lost: Generation, loss: PipelineError) => Promise<Generation>,
): Generations => {
  const present$ = new BehaviorSubject<Generation | null>(first)
  let latest = first
  let replacement: Promise<void> = Promise.resolve()
  const startReplacement = (lost: Generation, loss: PipelineError): void => {
    present$.next(null)
    replacement = replace(lost, loss).then(
      (next) => {
        latest = next
        present$.next(next)
      },
      (error: unknown) => present$.error(error),
    )
  }
  return {
    get present() {
      return present$.hasError ? null : present$.value
    },
    call: (work) =>
      present$.pipe(
        switchMap((generation) =>
          generation === null
            ? NEVER
            : defer(() => work(generation)).pipe(
                catchError((error: unknown) => {
                  const loss = lossIn(error)
                  if (loss === undefined) throw error
                  if (generation === present$.value) startReplacement(generation, loss)
                  return NEVER
                }),
                materialize(),
              ),
        ),
        dematerialize(),
      ),
    close: async () => {
      await replacement
      await latest.model.close()
    },
  }
}
