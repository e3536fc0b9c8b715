import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { firstMismatch, placeIn } from '../codec/describe-errors.js'
import { parseJsonText } from '../codec/json-text.js'
import { FileError } from './file-error.js'

/** Decodes JSON text; `file` names it in errors, with the line if there is one. @errors FileError naming the first wrong field */
export const parseJson = <A>(file: string, text: string, codec: t.Decoder<unknown, A>): E.Either<FileError, A> =>
  pipe(
    E.tryCatch(
      () => parseJsonText(text),
      (cause) => new FileError(file, String(cause), 'JSON', { cause }),
    ),
    E.chain((value) =>
      pipe(
        codec.decode(value),
        E.mapLeft(firstMismatch),
        E.mapLeft(({ path, found, expected }) => new FileError(placeIn(file, path), found, expected)),
      ),
    ),
  )
