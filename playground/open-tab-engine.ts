import type { Engine } from '../lib/compute/engine/engine.js'
import { titleOf } from '../lib/compute/engine/engines.js'
import { openOnnxWeb } from '../lib/compute/engine/onnx/open-onnx-web.js'
import type { TabEngineName } from './choices.js'

export interface TabEngine {
  readonly engine: Engine
  /** Display name of the engine. */
  readonly title: string
  /** Display name, and the remedy if the host gives the page one thread only. */
  readonly about: string
}

/** More than four threads wait for one another with a model as small as this one. */
const MOST_THREADS = 4

const threads = crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency) : 1

const remedy = crossOriginIsolated ? '' : '; a host that sends the headers COOP and COEP gives it more'

/**
 * Opens the engine with a name. Each engine is imported here by its own file, so that the site holds no other engine.
 *
 * @errors PipelineError EngineMissing
 */
export const openTabEngine = async (name: TabEngineName): Promise<TabEngine> => {
  const engine = await (name === 'onnx' ? openOnnxWeb('cpu', { threads }) : openOnnxWeb('webgpu', { hardware: false }))
  const title = titleOf(name, engine)
  if (name !== 'onnx') return { engine, title, about: title }
  const withThreads = `${title}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return { engine, title: withThreads, about: withThreads + remedy }
}
