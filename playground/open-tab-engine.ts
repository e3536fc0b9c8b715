import * as E from 'fp-ts/lib/Either.js'
import type { Engine } from '../lib/compute/engine/engine.js'
import { openOnnxWeb } from '../lib/compute/engine/onnx/open-onnx-web.js'
import { titleOf } from '../lib/compute/engine/engine-title.js'
import { openFirst, opening } from '../lib/compute/engine/open-first.js'
import type { TabEngineName } from './choices.js'

export interface TabEngine {
  readonly engine: Engine
  /** What it is, for people. */
  readonly title: string
  /** Why it is this one, for people. */
  readonly reason: string
}

/** Of a page of its own process; more than four wait for one another in a model as small as this. */
const threads = crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1

const forMore = crossOriginIsolated ? '' : '; a host that sends the headers COOP and COEP gives it more'

const open = (name: TabEngineName, hardware: boolean): Promise<Engine> =>
  name === 'onnx' ? openOnnxWeb('cpu', { threads }) : openOnnxWeb('webgpu', { hardware })

/**
 * The engine of that name; without one, WebGPU where there is a GPU, or else WebAssembly. Others are left out of the page's
 * files, which `openBrowserEngine` would open.
 *
 * @errors PipelineError EngineMissing
 */
export const openTabEngine = async (name: TabEngineName | null): Promise<TabEngine> => {
  const names = name === null ? (['onnx-webgpu', 'onnx'] as const) : [name]
  const opened = await openFirst(names, (one) => opening(() => open(one, name === null)))()
  if (E.isLeft(opened)) throw opened.left
  const { engine, name: found, reason } = opened.right
  const title = titleOf(found, engine)
  if (found !== 'onnx') return { engine, title, reason }
  const withThreads = `${title}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return { engine, title: withThreads, reason: reason.replace(title, withThreads) + forMore }
}
