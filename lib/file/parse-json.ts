import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as t from 'io-ts'
import { PathReporter } from 'io-ts/lib/PathReporter.js'
import { FileError } from './file-error.js'

/** Parses JSON text and decodes it. `path` is the place that errors name. @errors FileError */
export const parseJson = <A>(path: string, text: string, codec: t.Decoder<unknown, A>): E.Either<FileError, A> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      (cause) => new FileError(path, String(cause), 'JSON', { cause }),
    ),
    E.chain((value) =>
      pipe(
        codec.decode(value),
        E.mapLeft((errors) => new FileError(path, PathReporter.report(E.left(errors)).join('; '), 'a record of a run')),
      ),
    ),
  )
