import { readFile } from 'node:fs/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { isNode, LineCounter, parseDocument } from 'yaml'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import { isMapping } from './strict-record.js'
import { ConfigError } from './config-error.js'
import type { Layer } from './layer.js'
import { describeFileProblem } from '../../lib/file/file-problem.js'

/** Reads settings from a YAML file. @errors ConfigError naming file and line */
export const yamlLayer = (file: string): TE.TaskEither<ConfigError, Layer> =>
  pipe(
    TE.tryCatch(
      () => readFile(file, 'utf8'),
      (cause) => new ConfigError([`${file}: found ${describeFileProblem(cause)}, expected settings in YAML`]),
    ),
    TE.chainEitherK((source) => parseYaml(file, source)),
  )

export const parseYaml = (file: string, source: string): E.Either<ConfigError, Layer> => {
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return E.left(
      new ConfigError(document.errors.map(({ pos, message }) => `${file}:${lines.linePos(pos[0]).line}: ${message}`)),
    )
  }
  const settings: unknown = document.toJS() ?? {}
  if (!isMapping(settings)) {
    return E.left(new ConfigError([`${file}: ${foundAndExpected(settings, 'a mapping of settings')}`]))
  }
  const lineOf = (path: readonly string[]): string => {
    for (let length = path.length; length > 0; length--) {
      const keys = path.slice(0, length).map((key) => (/^\d+$/.test(key) ? Number(key) : key))
      const node = document.getIn(keys, true)
      if (isNode(node) && node.range) return `:${lines.linePos(node.range[0]).line}`
    }
    return ''
  }
  return E.right({ settings, place: (path) => `${file}${lineOf(path)}: ${path.join('.')}` })
}
