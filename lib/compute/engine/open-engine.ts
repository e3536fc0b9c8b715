import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { PipelineError } from '../../pipeline-error.js'
import type { Engine } from './engine.js'
import type { EngineName, EngineOptions } from './engine-name.js'
import { type OpenedEngine, openFirst, opening, openNamed } from './open-first.js'
import { inWorker } from './worker/in-worker.js'

export { engineNames, type EngineName, type EngineOptions } from './engine-name.js'
export type { OpenedEngine } from './open-first.js'

interface Offer {
  readonly needs: string
  readonly gpu?: true
}

/** The package that each engine needs and whether it is for a GPU alone; the preferred first. */
const offers: Readonly<Record<EngineName, Offer>> = {
  'tfjs-node-gpu': { needs: '@tensorflow/tfjs-node-gpu', gpu: true },
  'onnx-cuda': { needs: 'onnxruntime-node', gpu: true },
  'tfjs-webgpu': { needs: '@tensorflow/tfjs-backend-webgpu', gpu: true },
  'onnx-webgpu': { needs: 'onnxruntime-node', gpu: true },
  onnx: { needs: 'onnxruntime-node' },
  'tfjs-node': { needs: '@tensorflow/tfjs-node' },
  'tfjs-wasm': { needs: '@tensorflow/tfjs-backend-wasm' },
  'tfjs-cpu': { needs: '@tensorflow/tfjs-backend-cpu' },
}

/**
 * Opens the engine of that name, or else the first of them that works here, in a worker thread of its own.
 *
 * @errors EngineMissing with the command that installs it; EngineFailed where a named engine is there but does not start
 */
export const openEngine = (
  name?: EngineName,
  options: EngineOptions = {},
): TE.TaskEither<PipelineError, OpenedEngine> =>
  name === undefined ? firstThatOpens(options) : openNamed(name, open(options))

const firstThatOpens =
  (options: EngineOptions): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const gpu = await visibleGpu()
    // What is for a GPU also runs on a program that plays one, slower than the others.
    const names = (Object.keys(offers) as EngineName[]).filter((name) => E.isRight(gpu) || !offers[name].gpu)
    return openFirst(names, open({ ...options, hardware: true }), E.isRight(gpu) ? [] : [gpu.left.message])()
  }

const open =
  (options: EngineOptions) =>
  (name: EngineName): TE.TaskEither<PipelineError, Engine> =>
    pipe(
      installed(name),
      TE.chain(() => opening(() => inWorker(name, options))),
    )

const installed = (name: EngineName): TE.TaskEither<PipelineError, unknown> => {
  const { needs } = offers[name]
  return TE.fromEither(
    E.tryCatch(
      () => createRequire(import.meta.url).resolve(needs),
      (cause) => new PipelineError('EngineMissing', `${needs} is not installed: npm install ${needs}`, { cause }),
    ),
  )
}

const visibleGpu: TE.TaskEither<PipelineError, string> = TE.tryCatch(
  async () => (await promisify(execFile)('nvidia-smi', ['--list-gpus'])).stdout,
  (cause) => new PipelineError('EngineMissing', 'no GPU: nvidia-smi lists none', { cause }),
)
