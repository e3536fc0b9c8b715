import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor, Shape } from '../../compute/program/node.js'
import { sizeOf } from '../../compute/program/shape.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { checkedWeights, type ModelSource } from '../../model/model-checkpoint.js'
import { mapParameters, type Parameters, parameterShapes } from '../../model/parameters.js'

/**
 * Puts a model's weights on an engine, one after the other: of a source that reads them as it goes, one is in memory here.
 *
 * @errors throws CheckpointError for a weight that is not the model's, and PipelineError; what is there by then is freed
 */
export const uploadWeights = async (
  engine: Engine,
  model: Pick<ModelSource, 'config' | 'parameters'>,
): Promise<Parameters<DeviceTensor>> => {
  const held = new Map<string, DeviceTensor>()
  try {
    for await (const [name, tensor] of checkedWeights(model)) held.set(name, await engine.upload(tensor))
    return mapParameters(parameterShapes(model.config), (_, name) => held.get(name)!)
  } catch (error) {
    for (const tensor of held.values()) tensor.dispose()
    throw error
  }
}

/** Zeros in the shapes of a model's weights, likewise. */
export const uploadZeros = (engine: Engine, config: DecoderConfig): Promise<Parameters<DeviceTensor>> => {
  const zeros = function* () {
    for (const [name, shape] of parameterShapes(config)) yield [name, zerosOf(shape)] as const
  }
  return uploadWeights(engine, { config, parameters: zeros() })
}

const zerosOf = (shape: Shape): HostTensor => ({ shape, data: new Float32Array(sizeOf(shape)) })
