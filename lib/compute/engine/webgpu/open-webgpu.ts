import type { Engine } from '../engine.js'
import type { EngineOptions } from '../engines.js'
import { reopenable } from '../reopenable.js'
import { checkProduct } from './check-product.js'
import { connect } from './connect.js'

/**
 * Opens the engine on the GPU that WebGPU prefers, or on that of the option `gpu`, in the calling thread. A GPU that computes a
 * wrong product is refused. After the loss of its device the engine can be opened again.
 *
 * @errors PipelineError EngineMissing with a remedy if there is no adapter; EngineFailed if the adapter gives no device, or
 *   computes a wrong product
 */
export const openWebgpu = (options: Pick<EngineOptions, 'hardware' | 'gpu'> = {}): Promise<Engine> =>
  reopenable(async () => checkProduct(await connect(options)))
