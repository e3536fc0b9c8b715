import { readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import { isMapping } from './strict-record.js'
import { ConfigError } from './config-error.js'
import type { Layer } from './layer.js'
import { describeFileProblem } from '../../lib/file/file-problem.js'
import { readYaml } from './yaml-value.js'

/** Reads settings from a YAML file. @errors ConfigError naming file and line */
export const yamlLayer = (file: string): TE.TaskEither<ConfigError, Layer> =>
  pipe(
    TE.tryCatch(
      () => readFile(file, 'utf8'),
      (cause) => new ConfigError([`${file}: found ${describeFileProblem(cause)}, expected settings in YAML`]),
    ),
    TE.chainEitherK((source) => parseYaml(file, source)),
  )

/** Parses settings in YAML. An empty file has no settings. @errors ConfigError naming file, line and field */
export const parseYaml = (file: string, source: string): E.Either<ConfigError, Layer> =>
  pipe(
    readYaml(file, source),
    E.chain(({ value: settings = {}, lineOf }) =>
      isMapping(settings)
        ? E.right({ settings, place: (path) => `${file}:${lineOf(path)}: ${path.join('.')}` })
        : E.left(new ConfigError([`${file}:${lineOf([])}: ${foundAndExpected(settings, 'a mapping of settings')}`])),
    ),
  )
