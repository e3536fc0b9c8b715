import { PipelineError } from '../../pipeline-error.js'

/** As much of WebGPU as is asked here; its types are the browser's. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>
}

interface Adapter {
  readonly info: {
    readonly vendor: string
    readonly architecture: string
    readonly description: string
    readonly isFallbackAdapter?: boolean
  }
}

interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu
  readonly globals: object
}

/**
 * Makes sure there is a WebGPU adapter: the browser's, or in Node.js one of Dawn's under the browser's names, where
 * TensorFlow.js looks for it. Gives the adapter's name.
 *
 * @errors PipelineError EngineMissing, where there is no adapter, or only a program on the CPU and `hardware` is asked for
 */
export const webgpuAdapter = async (hardware: boolean): Promise<string> => {
  const adapter = await (browserGpu() ?? (await dawn())).requestAdapter()
  if (adapter === null) throw missing('WebGPU finds no adapter: on Linux it needs a Vulkan driver and libvulkan.so.1')
  const { description, vendor, architecture, isFallbackAdapter = false } = adapter.info
  const name = description || `${vendor} ${architecture}`.trim() || 'an adapter without a name'
  if (isFallbackAdapter && hardware) throw missing(`WebGPU finds no GPU, only ${name}, which runs on the CPU`)
  return isFallbackAdapter ? `${name}, which runs on the CPU` : name
}

const browserGpu = (): Gpu | undefined => (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu

const inNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined

/** The name is no literal: bundlers for browsers need not find the package. */
const DAWN: string = 'webgpu'

const dawn = async (): Promise<Gpu> => {
  if (!inNode)
    throw missing(
      'this browser offers no WebGPU here: it is there on https and localhost only, and in recent browsers; ' +
        'onnx and tfjs-wasm do without',
    )
  const { create, globals } = await (import(DAWN) as Promise<Dawn>).catch((cause: unknown) => {
    throw missing(`WebGPU in Node.js needs the package webgpu: npm install webgpu (${String(cause)})`, cause)
  })
  const gpu = create([])
  Object.assign(globalThis, globals)
  // Node.js 20 has no navigator, later ones have one that cannot be written to.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true })
  return gpu
}

const missing = (message: string, cause?: unknown) => new PipelineError('EngineMissing', message, { cause })
