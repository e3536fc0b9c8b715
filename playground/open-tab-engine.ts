import type { Engine } from '../lib/compute/engine/engine.js'
import { titleOf } from '../lib/compute/engine/engines.js'
import { openOnnxWeb } from '../lib/compute/engine/onnx/open-onnx-web.js'
import type { TabEngineName } from './choices.js'

export interface TabEngine {
  readonly engine: Engine
  /** What it is, for people. */
  readonly title: string
  /** The same, and what it could have besides. */
  readonly about: string
}

/** Of a page of its own process; more than four wait for one another in a model as small as this. */
const threads = crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1

const forMore = crossOriginIsolated ? '' : '; a host that sends the headers COOP and COEP gives it more'

/** The engine of that name. Others are left out of the page's files. @errors PipelineError EngineMissing */
export const openTabEngine = async (name: TabEngineName): Promise<TabEngine> => {
  const engine = await (name === 'onnx' ? openOnnxWeb('cpu', { threads }) : openOnnxWeb('webgpu', { hardware: false }))
  const named = titleOf(name, engine)
  if (name !== 'onnx') return { engine, title: named, about: named }
  const title = `${named}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return { engine, title, about: title + forMore }
}
