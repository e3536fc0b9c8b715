import { availableParallelism } from 'node:os'
import type * as OnnxRuntime from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import { prepareCuda } from '../cuda-environment.js'
import type { Engine } from '../engine.js'
import type { EngineOptions, OnnxProvider } from '../engines.js'
import { mayLoadLibrary, VULKAN } from '../native-library.js'

import { OnnxEngine } from './onnx-engine.js'
import { tryOut } from './try-out.js'

/**
 * Opens ONNX Runtime for Node.js in the calling thread.
 *
 * @errors PipelineError EngineMissing if the native library or the provider does not load
 */
export const openOnnx = async (
  { threads = availableParallelism(), gpu }: EngineOptions = {},
  provider: OnnxProvider = 'cpu',
): Promise<Engine> => {
  if (provider === 'cuda') prepareCuda()
  if (provider === 'webgpu' && !mayLoadLibrary(VULKAN)) throw new PipelineError('EngineMissing', remedies.webgpu)
  const device = gpu === undefined ? undefined : `GPU ${gpu}`
  const engine = new OnnxEngine(await loadRuntime(), provider, sessionOptions(provider, threads, gpu), device)
  if (provider === 'cpu') return engine
  return tryOut(engine, gpu === undefined ? remedies[provider] : `${describeAbsence(gpu)}${remedies[provider]}`)
}

const describeAbsence = (gpu: number | string): string =>
  `onnx-cuda does not open on GPU ${gpu}. Either there is no such GPU: nvidia-smi --list-gpus lists them, counted from 0, ` +
  'and CUDA_VISIBLE_DEVICES may hide some. Or '

const remedies = {
  cuda:
    'ONNX Runtime has no CUDA provider here: it needs Linux, an NVIDIA driver, CUDA 12, cuDNN 9 and the provider. ' +
    'Download the provider with: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12',
  webgpu: 'ONNX Runtime finds no WebGPU adapter: on Linux it needs a Vulkan driver and ' + VULKAN,
}

const loadRuntime = async (): Promise<typeof OnnxRuntime> => {
  try {
    const runtime = await import('onnxruntime-node')
    // The library writes its errors to standard error and throws them too. The error that is thrown has the remedy.
    runtime.env.logLevel = 'fatal'
    return runtime
  } catch (cause) {
    throw new PipelineError('EngineMissing', `ONNX Runtime does not load: ${String(cause)}`, { cause })
  }
}

const sessionOptions = (
  provider: OnnxProvider,
  threads: number,
  gpu?: number | string,
): OnnxRuntime.InferenceSession.SessionOptions => ({
  executionProviders: [typeof gpu === 'number' ? { name: provider, deviceId: gpu } : provider],
  intraOpNumThreads: threads,
  // Threads that spin without limit take cores from the thread that prepares their next task: they cost a third of a
  // training step on two cores. Threads that sleep at once wake too late for the small tasks of a decoding step.
  extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
})
