import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName, EngineOptions } from './engine-name.js'
import { inWorker } from './worker/in-worker.js'

export { engineNames, type EngineName, type EngineOptions } from './engine-name.js'

export interface OpenedEngine {
  readonly engine: Engine
  /** Why this one, for people to read. */
  readonly reason: string
}

interface Offer {
  readonly title: string
  readonly package: string
  /** What stands in the way, beyond a missing package. */
  readonly obstacle?: () => Promise<string | undefined>
}

/** In order of preference. */
const offers: Readonly<Record<EngineName, Offer>> = {
  'tfjs-node-gpu': {
    title: 'TensorFlow on the GPU',
    package: '@tensorflow/tfjs-node-gpu',
    obstacle: async () => ((await gpuVisible()) ? undefined : 'no GPU is visible to nvidia-smi'),
  },
  onnx: { title: 'ONNX Runtime on the CPU', package: 'onnxruntime-node' },
  'tfjs-node': { title: 'TensorFlow on the CPU', package: '@tensorflow/tfjs-node' },
  'tfjs-wasm': { title: 'TensorFlow.js in WebAssembly', package: '@tensorflow/tfjs-backend-wasm' },
  'tfjs-cpu': { title: 'TensorFlow.js in plain JavaScript', package: '@tensorflow/tfjs-backend-cpu' },
}

/**
 * Opens the engine of that name, or else the fastest that works here, in a worker thread of its own.
 *
 * @errors EngineMissing with the command that installs it; EngineFailed, where a named engine is there but does not start
 */
export const openEngine = (
  name?: EngineName,
  options: EngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngine> =>
  name === undefined
    ? fastest(options)
    : pipe(
        attempt(name, options),
        TE.bimap(
          (error) => withRemedy(name, error),
          (engine) => ({ engine, reason: `${offers[name].title}, as asked` }),
        ),
      )

const fastest =
  (options: EngineOptions): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const passedOver: string[] = []
    for (const name of Object.keys(offers) as EngineName[]) {
      const offer = offers[name]
      const obstacle = isInstalled(offer.package) ? await offer.obstacle?.() : 'not installed'
      const opened = obstacle === undefined ? await attempt(name, options)() : E.left({ message: obstacle })
      if (E.isRight(opened)) return E.right({ engine: opened.right, reason: [offer.title, ...passedOver].join('; ') })
      passedOver.push(`${name}: ${opened.left.message}`)
    }
    return E.left(new PipelineError('EngineMissing', `no engine opens here: ${passedOver.join('; ')}`))
  }

const attempt = (name: EngineName, options: EngineOptions): TE.TaskEither<PipelineError, Engine> =>
  TE.tryCatch(
    () => inWorker(name, options),
    (error) =>
      error instanceof PipelineError ? error : new PipelineError('EngineFailed', String(error), { cause: error }),
  )

const withRemedy = (name: EngineName, error: PipelineError): PipelineError =>
  error._tag === 'EngineMissing'
    ? new PipelineError('EngineMissing', `${error.message}. To install it: npm install ${offers[name].package}`, {
        cause: error,
      })
    : error

const require = createRequire(import.meta.url)

const isInstalled = (name: string): boolean => {
  try {
    return require.resolve(name) !== ''
  } catch {
    return false
  }
}

const gpuVisible = (): Promise<boolean> =>
  promisify(execFile)('nvidia-smi', ['--list-gpus']).then(
    ({ stdout }) => stdout.includes('GPU 0'),
    () => false,
  )
