import { concatMap, EMPTY, materialize, type ObservableInput, type OperatorFunction, pipe, throwError } from 'rxjs'

/**
 * Works on one value after the other, as `concatMap` does, but an error of the source waits for the work on the values before it.
 * `concatMap` ends that work at once, so that a step whose weights have changed would have no report.
 *
 *     source    -a-b-#
 *     work       --A|
 *                   --B|
 *     output    ---A---(B#)
 *
 * @errors those of the source and of the work; after an error of the work no further value is worked on
 * @example
 * reports$.pipe(inTurn((report) => concat(save(report), of(report))))
 */
export const inTurn = <A, B>(work: (value: A) => ObservableInput<B>): OperatorFunction<A, B> =>
  pipe(
    materialize(),
    concatMap((event) => {
      if (event.kind === 'N') return work(event.value)
      return event.kind === 'E' ? throwError(() => event.error as unknown) : EMPTY
    }),
  )
