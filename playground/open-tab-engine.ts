import * as E from 'fp-ts/lib/Either.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { titleOf } from '../lib/compute/engine/engines.js'
import { openOnnxWasm } from '../lib/compute/engine/onnx/open-onnx-wasm.js'
import { tryEngine } from '../lib/compute/engine/try-engine.js'
import { openWebgpu } from '../lib/compute/engine/webgpu/open-webgpu.js'
import type { EngineChoice } from './choices.js'

export interface TabEngine {
  readonly engine: Engine
  /** Display name of the engine. */
  readonly title: string
  /** Display name, the remedy if the host gives the page one thread only, and the reason if a GPU was passed over. */
  readonly about: string
}

/** More than four threads wait for one another with a model as small as this one. */
const MOST_THREADS = 4

const threads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1

const remedy = crossOriginIsolated ? '' : '; a host that sends the headers COOP and COEP gives it more'

/**
 * Opens the engine of a choice. Each engine is imported here by its own file, so that the site holds no other engine.
 *
 * @errors PipelineError EngineMissing; EngineFailed if the GPU gives no device or computes wrong numbers
 */
export const openTabEngine = (choice: EngineChoice): Promise<TabEngine> => openers[choice]()

/** Opens the GPU; without one, or if it is emulated, WebAssembly, which is faster than an emulated GPU. */
const openFastest = async (): Promise<TabEngine> => {
  const onGpu = await tryEngine(() => openGpu(true))()
  if (E.isRight(onGpu)) return onGpu.right
  const onCpu = await openWasm()
  return { ...onCpu, about: `${onCpu.about}. The GPU is not used: ${onGpu.left.message}` }
}

const openGpu = async (hardware: boolean): Promise<TabEngine> => {
  const engine = await openWebgpu({ hardware })
  const title = titleOf('webgpu', engine)
  return { engine, title, about: title }
}

const openWasm = async (): Promise<TabEngine> => {
  const engine = await openOnnxWasm({ threads })
  const title = `${titleOf('onnx', engine)}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return { engine, title, about: title + remedy }
}

const openers: Readonly<Record<EngineChoice, () => Promise<TabEngine>>> = {
  fastest: openFastest,
  webgpu: () => openGpu(false),
  onnx: openWasm,
}
