import { PipelineError } from '../../../pipeline-error.js'
import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { requestGpu } from '../webgpu-adapter.js'
import type { GpuDevice } from './gpu.js'
import { WebgpuEngine } from './webgpu-engine.js'

/**
 * Kernels write shared memory before they read it, so it need not be cleared. An emulated GPU compiles the clearing for a second.
 * A browser always clears it.
 */
const DAWN_FLAGS = ['enable-dawn-features=disable_workgroup_init']

/** Limits that are raised to those of the adapter, because weights and activations are large. */
const raised = ['maxBufferSize', 'maxStorageBufferBindingSize'] as const

/** Options for connecting to a GPU. */
interface ConnectOptions extends Pick<EngineOptions, 'hardware' | 'gpu'> {
  /** More options of Dawn, such as `backend=null`, with which nothing is computed. */
  readonly dawnFlags?: readonly string[]
}

/**
 * Opens the engine on the GPU that WebGPU prefers, or on that of the option `gpu`. Nothing is computed yet.
 *
 * @errors the errors of {@link requestDevice}
 */
export const connect = async (options: ConnectOptions): Promise<Engine> => {
  const { device, name } = await requestDevice(options)
  return new WebgpuEngine(device, name)
}

/**
 * Requests a device with the largest buffers of its adapter.
 *
 * @errors PipelineError EngineMissing with a remedy if there is no adapter, EngineFailed if the adapter gives no device
 */
export const requestDevice = async ({ hardware = false, gpu, dawnFlags = [] }: ConnectOptions = {}): Promise<{
  readonly device: GpuDevice
  readonly name: string
}> => {
  const { adapter, name } = await requestGpu(hardware, {
    wanted: gpu?.toString(),
    dawnFlags: [...DAWN_FLAGS, ...dawnFlags],
  })
  const requiredLimits = Object.fromEntries(raised.map((limit) => [limit, adapter.limits[limit]!]))
  const device = await adapter.requestDevice({ requiredLimits }).catch((cause: unknown) => {
    throw new PipelineError('EngineFailed', `WebGPU gives no device of ${name}: ${String(cause)}`, { cause })
  })
  return { device: device as GpuDevice, name }
}
