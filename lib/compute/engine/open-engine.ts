import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import { type EngineName, engineNames, type EngineOptions, engines, takesGpu } from './engines.js'
import { nvidiaGpus } from './nvidia-gpus.js'
import { checkEngineOptions, type OpenedEngine, openFirst, openNamed, tryOpen } from './open-first.js'
import { requirePackages } from './required-packages.js'
import { inWorker } from './worker/in-worker.js'

export { engineNames, type EngineName, type EngineOptions } from './engines.js'
export type { OpenedEngine } from './open-first.js'

/**
 * Opens an engine in a worker thread of its own. Without a name it opens the first of {@link engineNames} that works on
 * this machine, or, with the option `gpu`, the first that opens on that GPU.
 *
 * @errors PipelineError EngineMissing with the command that installs it, or with the names of all engines if the name is
 *   unknown; EngineFailed if a named engine is installed but does not start, and for an impossible option
 * @example
 * const { engine, reason } = await orThrow(openEngine()) // the fastest engine that opens; `reason` says why
 * const onnx = await orThrow(openEngine('onnx', { threads: 2 })) // this engine, or an error
 */
export const openEngine = (
  name?: EngineName,
  options: EngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngine> =>
  pipe(
    TE.fromEither(checkEngineOptions(name, engineNames, options)),
    TE.chain(() => (name === undefined ? openFastest(options) : openNamed(name, openWith(options)))),
  )

const openFastest =
  (options: EngineOptions): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const { gpu } = options
    if (gpu !== undefined)
      return openFirst(
        engineNames.filter((name) => takesGpu(name, gpu)),
        openWith(options),
      )()
    const listed = await nvidiaGpus()
    // An engine for a GPU also opens on an emulated one, where it is slower than the engines for a CPU.
    const names = engineNames.filter((name) => E.isRight(listed) || !('gpu' in engines[name]))
    return openFirst(names, openWith({ ...options, hardware: true }), E.isRight(listed) ? [] : [listed.left.message])()
  }

const openWith =
  (options: EngineOptions) =>
  (name: EngineName): TE.TaskEither<PipelineError, Engine> =>
    pipe(
      requirePackages(engines[name].needs),
      TE.chain(() => tryOpen(() => inWorker(name, options))),
    )
