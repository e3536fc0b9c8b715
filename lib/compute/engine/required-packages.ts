import { createRequire } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'

/**
 * Requires the packages of an engine.
 *
 * @errors PipelineError EngineMissing that names every missing package, and one command that installs them all
 */
export const requirePackages = (names: readonly string[]): TE.TaskEither<PipelineError, void> => {
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return TE.right(undefined)
  const list = missing.join(' and ')
  const remedy = `npm install ${missing.join(' ')}`
  return TE.left(
    new PipelineError('EngineMissing', `${list} ${missing.length === 1 ? 'is' : 'are'} not installed: ${remedy}`),
  )
}

const isInstalled = (name: string): boolean =>
  E.isRight(E.tryCatch(() => createRequire(import.meta.url).resolve(name), String))
