import { availableParallelism } from 'node:os'
import type * as OnnxRuntime from 'onnxruntime-node'
import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engine-name.js'
import { OnnxEngine } from './onnx-engine.js'
import type { OnnxProvider } from './onnx-provider.js'
import { triedOut } from './tried-out.js'

/**
 * ONNX Runtime for Node.js, in this thread.
 *
 * @errors PipelineError EngineMissing, where the native library or the provider does not load
 */
export const openOnnx = async (
  { threads = availableParallelism() }: EngineOptions = {},
  provider: OnnxProvider = 'cpu',
): Promise<Engine> => {
  // Products of float32 in TF32, with ten bits of each number, are what CUDA's provider makes by default; it takes no
  // option for it from Node.js.
  if (provider === 'cuda') process.env['NVIDIA_TF32_OVERRIDE'] ??= '0'
  const engine = new OnnxEngine(await loadRuntime(), provider, sessionOptions(provider, threads))
  return provider === 'cpu' ? engine : triedOut(engine, remedies[provider])
}

const remedies = {
  cuda:
    'ONNX Runtime has no CUDA provider here: it needs Linux, an NVIDIA driver, CUDA 12, cuDNN 9 and the provider. ' +
    'Download the provider with: node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12',
  webgpu: 'ONNX Runtime finds no WebGPU adapter: on Linux it needs a Vulkan driver and libvulkan.so.1',
}

const loadRuntime = async (): Promise<typeof OnnxRuntime> => {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new PipelineError('EngineMissing', `ONNX Runtime does not load: ${String(cause)}`, { cause })
  }
}

const sessionOptions = (provider: OnnxProvider, threads: number): OnnxRuntime.InferenceSession.SessionOptions => ({
  executionProviders: [provider],
  intraOpNumThreads: threads,
  // Threads that spin for as long as they like take the core from whoever makes their next piece of work: a third of a
  // training step on two cores. Those that sleep at once wake too late for the small pieces of a decoding step.
  extra: { session: { intra_op: { allow_spinning: '1', spin_duration_us: '50' } } },
})
