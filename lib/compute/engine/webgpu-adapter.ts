import { PipelineError } from '../../pipeline-error.js'
import { mayLoadLibrary, VULKAN } from './native-library.js'

const NO_ADAPTER = 'WebGPU finds no adapter: '
const IN_NODE = `on Linux it needs a Vulkan driver and ${VULKAN}`
const IN_BROWSER =
  'turn on graphics acceleration in the settings of the browser, or update the graphics driver; ' +
  'the engines onnx and tfjs-wasm work without it'

/** Part of the WebGPU interface that is used here. The types for Node.js do not declare it. */
interface Gpu {
  requestAdapter(): Promise<Adapter | null>
}

/** GPU that a device can be opened on. */
interface Adapter {
  readonly info: {
    readonly vendor: string
    readonly architecture: string
    readonly description: string
    readonly isFallbackAdapter?: boolean
  }
  readonly limits: Readonly<Record<string, number>>
  requestDevice(options: { readonly requiredLimits: Readonly<Record<string, number>> }): Promise<unknown>
}

/** Part of the package `webgpu` that is used here: Dawn, an implementation of WebGPU for Node.js. */
interface Dawn {
  readonly create: (flags: readonly string[]) => Gpu
  readonly globals: object
}

/**
 * Requests a WebGPU adapter and its name. In Node.js it first installs Dawn under the global names that a browser has, because
 * TensorFlow.js looks there. With `wanted`, Dawn takes the first adapter whose name contains it. `dawnFlags` are more options of Dawn.
 *
 * @errors PipelineError EngineMissing if there is no adapter, if `hardware` is true and the adapter is emulated on the
 *   CPU, or if no name contains `wanted`; then it lists the names
 */
export const requestGpu = async (
  hardware: boolean,
  { wanted, dawnFlags = [] }: { readonly wanted?: string | undefined; readonly dawnFlags?: readonly string[] } = {},
): Promise<{ readonly adapter: Adapter; readonly name: string }> => {
  const gpu =
    wanted === undefined
      ? (browserGpu() ?? (await loadDawn(dawnFlags)))
      : await loadDawn([...dawnFlags, `adapter=${wanted}`])
  const adapter = await gpu.requestAdapter().catch((cause: unknown) => {
    throw missingEngine(describeRefusal(wanted, cause), cause)
  })
  if (adapter === null) throw missingEngine(NO_ADAPTER + (inNode ? IN_NODE : IN_BROWSER))
  const { description, vendor, architecture, isFallbackAdapter = false } = adapter.info
  const name = description || `${vendor} ${architecture}`.trim() || 'an adapter without a name'
  if (isFallbackAdapter && hardware) throw missingEngine(`WebGPU finds no GPU, only ${name}, which runs on the CPU`)
  return { adapter, name: isFallbackAdapter ? `${name}, which runs on the CPU` : name }
}

/** Dawn throws if no name contains the one that is wanted. Its message lists the adapters, one a line. */
const describeRefusal = (wanted: string | undefined, cause: unknown): string => {
  const found = (cause instanceof Error ? cause.message : String(cause)).trim().split(/\s*\n\s*/u)
  return wanted === undefined
    ? `WebGPU gives no adapter: ${found.join(' ')}`
    : `gpu: found "${wanted}", and WebGPU has no adapter whose name contains it: ${found.join(' ')}`
}

/** Name of the adapter of {@link requestGpu}. @errors the same */
export const webgpuAdapter = async (hardware: boolean, wanted?: string): Promise<string> =>
  (await requestGpu(hardware, { wanted })).name

const browserGpu = (): Gpu | undefined => (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu

const inNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined

/** Name of the package in a variable, so that bundlers for browsers do not search for it. */
const DAWN: string = 'webgpu'

const loadDawn = async (flags: readonly string[]): Promise<Gpu> => {
  if (!inNode)
    throw missingEngine(
      'WebGPU is not available on this page: it needs a recent browser, and an address on https or localhost; ' +
        'the engines onnx and tfjs-wasm work without it',
    )
  const { create, globals } = await (import(DAWN) as Promise<Dawn>).catch((cause: unknown) => {
    throw missingEngine(`WebGPU in Node.js needs the package webgpu: npm install webgpu (${String(cause)})`, cause)
  })
  if (!mayLoadLibrary(VULKAN)) throw missingEngine(NO_ADAPTER + IN_NODE)
  const gpu = create(flags)
  Object.assign(globalThis, globals)
  // Node.js 20 has no navigator, and the navigator of later versions is read-only.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true })
  return gpu
}

const missingEngine = (message: string, cause?: unknown) => new PipelineError('EngineMissing', message, { cause })
