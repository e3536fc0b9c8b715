import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { firstMismatch, placeIn } from '../codec/describe-errors.js'
import { CheckpointError } from './checkpoint-error.js'

/** What a file of JSON holds, as a value of the codec. @errors CheckpointError naming the field */
export const checkpointJson =
  <A>(file: string, codec: t.Decoder<unknown, A>) =>
  (json: unknown): E.Either<CheckpointError, A> =>
    pipe(
      codec.decode(json),
      E.mapLeft(firstMismatch),
      E.mapLeft(({ path, found, expected }) => new CheckpointError(placeIn(file, path), found, expected)),
    )
