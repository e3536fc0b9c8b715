import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor, Shape } from '../../compute/program/node.js'
import { sizeOf } from '../../compute/program/shape.js'
import { checkedWeights, type ModelSource, type ParameterSource } from '../../model/model-checkpoint.js'
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
  const held = await upload(engine, checkedWeights(model))
  return mapParameters(parameterShapes(model.config), (_, name) => held.get(name)!)
}

/** Zeros in these shapes, likewise. */
export const uploadZeros = (engine: Engine, shapes: Parameters<Shape>): Promise<Parameters<DeviceTensor>> => {
  const zeros = function* () {
    for (const [name, shape] of shapes) yield [name, zerosOf(shape)] as const
  }
  return upload(engine, zeros())
}

const upload = async (engine: Engine, tensors: ParameterSource): Promise<Parameters<DeviceTensor>> => {
  const held = new Map<string, DeviceTensor>()
  try {
    for await (const [name, tensor] of tensors) held.set(name, await engine.upload(tensor))
    return held
  } catch (error) {
    for (const tensor of held.values()) tensor.dispose()
    throw error
  }
}

const zerosOf = (shape: Shape): HostTensor => ({ shape, data: new Float32Array(sizeOf(shape)) })
