import { identity, type OperatorFunction } from 'rxjs'

/**
 * Applies a stage if its option is given; otherwise passes the stream on unchanged.
 *
 *     source           a---b---|
 *     option given     A---B---|     A: output of the stage
 *     undefined        a---b---|
 *
 * @errors every error of the stage
 * @example
 * batches$.pipe(when(reference, scoreReference), when(correction, correctMismatch))
 */
export const when = <Option, In, Out extends In>(
  option: Option | undefined,
  stage: (option: Option) => OperatorFunction<In, Out>,
): OperatorFunction<In, In> => (option === undefined ? identity : stage(option))
