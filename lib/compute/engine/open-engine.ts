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

interface Offer {
  readonly title: string
  readonly needs: string
  readonly gpu?: true
}

export interface OpenedEngine {
  readonly engine: Engine
  /** Why this one, for people to read. */
  readonly reason: string
}

/** What each engine is, the package it needs and whether it is for a GPU alone; the preferred first. */
const offers: Readonly<Record<EngineName, Offer>> = {
  'tfjs-node-gpu': { title: 'TensorFlow on the GPU', needs: '@tensorflow/tfjs-node-gpu', gpu: true },
  'onnx-cuda': { title: 'ONNX Runtime through CUDA', needs: 'onnxruntime-node', gpu: true },
  'onnx-webgpu': { title: 'ONNX Runtime through WebGPU', needs: 'onnxruntime-node', gpu: true },
  'tfjs-webgpu': { title: 'TensorFlow.js on WebGPU', needs: '@tensorflow/tfjs-backend-webgpu', gpu: true },
  onnx: { title: 'ONNX Runtime on the CPU', needs: 'onnxruntime-node' },
  'tfjs-node': { title: 'TensorFlow on the CPU', needs: '@tensorflow/tfjs-node' },
  'tfjs-wasm': { title: 'TensorFlow.js in WebAssembly', needs: '@tensorflow/tfjs-backend-wasm' },
  'tfjs-cpu': { title: 'TensorFlow.js in plain JavaScript', needs: '@tensorflow/tfjs-backend-cpu' },
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
  name === undefined
    ? firstThatOpens(options)
    : pipe(
        open(name, options),
        TE.map((engine) => ({ engine, reason: `${titleOf(name, engine)}, as asked` })),
      )

const firstThatOpens =
  (options: EngineOptions): TE.TaskEither<PipelineError, OpenedEngine> =>
  async () => {
    const gpu = await visibleGpu()
    // What is for a GPU also runs on a program that plays one, slower than the others.
    const names = (Object.keys(offers) as EngineName[]).filter((name) => E.isRight(gpu) || !offers[name].gpu)
    const passedOver = E.isRight(gpu) ? [] : [gpu.left.message]
    for (const name of names) {
      const opened = await open(name, { ...options, hardware: true })()
      if (E.isRight(opened))
        return E.right({ engine: opened.right, reason: [titleOf(name, opened.right), ...passedOver].join('; ') })
      passedOver.push(`${name}: ${opened.left.message}`)
    }
    return E.left(new PipelineError('EngineMissing', `no engine opens here: ${passedOver.join('; ')}`))
  }

const titleOf = (name: EngineName, { device }: Engine): string =>
  offers[name].title + (device === undefined ? '' : ` (${device})`)

const open = (name: EngineName, options: EngineOptions): TE.TaskEither<PipelineError, Engine> =>
  pipe(
    installed(name),
    TE.chain(() => TE.tryCatch(() => inWorker(name, options), asPipelineError)),
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

const asPipelineError = (error: unknown): PipelineError =>
  error instanceof PipelineError ? error : new PipelineError('EngineFailed', String(error), { cause: error })
