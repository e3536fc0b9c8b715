import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { FileError } from '../../file/file-error.js'
import { requireRegularFile } from '../../file/regular-file.js'
import type { RewardScale } from '../../rollout/reward.js'
import type { Inspection } from './inspect-module.js'
import { type VerifierInWorkers, verifierInWorkers, type WorkersOptions } from './verifier-in-workers.js'

/** Verifier of a module, in worker threads, and the scale of its rewards. */
export interface VerifierFromModule extends VerifierInWorkers {
  readonly rewardScale: RewardScale
}

/** Options of {@link verifierFromModule}. */
export interface VerifierModuleOptions extends Omit<WorkersOptions, 'rewardScale'> {
  /** Longest time in which the module must load; 30,000 by default. @units ms */
  readonly loadLimit?: number
}

const EXPECTED =
  'a module that exports a function verifier(prompt, completion), and no rewardScale but signed or binary'

/**
 * Opens the verifier that a JavaScript module exports, in worker threads with a limit of time and memory. The module is
 * loaded once before the effect resolves, so that a broken module is reported before the run.
 *
 *     export const verifier = (prompt, completion) => ({ value: 1, correct: true })     or the default export
 *     export const rewardScale = 'signed'                                               or 'binary'; signed by default
 *
 * The function returns a verdict, a promise of one, or any other input of an observable.
 *
 * @errors FileError for a file that is missing, that does not load within the limit, or that exports no verifier
 * @example
 * const { verifier, close } = await orThrow(verifierFromModule('./mine.js', { timeLimit: 2000 }))
 */
export const verifierFromModule = (
  file: string,
  { loadLimit = 30_000, ...options }: VerifierModuleOptions = {},
): TE.TaskEither<FileError, VerifierFromModule> => {
  const url = pathToFileURL(resolve(file)).href
  return pipe(
    requireRegularFile(file),
    TE.mapLeft((found) => new FileError(file, found, EXPECTED)),
    TE.chain(() => inspect(file, url, loadLimit)),
    TE.map((rewardScale) => {
      const source = {
        module: new URL('./module-verifier.js', import.meta.url).href,
        name: 'moduleVerifier',
        options: { url },
      }
      return { ...verifierInWorkers(source, { ...options, rewardScale }), rewardScale }
    }),
  )
}

/** Loads the module in a thread of its own, because a module may never end, and a thread can be ended. */
const inspect = (file: string, url: string, limit: number): TE.TaskEither<FileError, RewardScale> =>
  TE.tryCatch(
    () =>
      new Promise<RewardScale>((succeed, fail) => {
        const worker = new Worker(new URL('./inspect-module.js', import.meta.url), { execArgv: [], workerData: url })
        const refuse = (found: string) => fail(new FileError(file, found, EXPECTED))
        const timer = setTimeout(() => {
          refuse(`a module that does not load within ${limit} ms`)
          void worker.terminate()
        }, limit)
        worker.once('message', (message: Inspection) => {
          if ('fault' in message) refuse(message.fault)
          else succeed(message.rewardScale)
          void worker.terminate()
        })
        worker.once('error', ({ message }: Error) => refuse(message))
        worker.once('exit', (code) => {
          clearTimeout(timer)
          refuse(`a module that ended its thread with exit code ${code}`)
        })
      }),
    (error) => error as FileError,
  )
