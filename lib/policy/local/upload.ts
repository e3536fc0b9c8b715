import type { DeviceTensor, Engine } from '../../compute/engine/engine.js'
import type { HostTensor, Shape } from '../../compute/program/node.js'
import { sizeOf } from '../../compute/program/shape.js'
import { iterateWeights, type ModelSource, type WeightEntries } from '../../model/model-checkpoint.js'
import { mapWeights, trainedShapes, type WeightMap, weightShapes } from '../../model/weights.js'

/**
 * Uploads a model's weights to an engine one after the other, so that the host holds one weight at a time if the source
 * reads them from a file.
 *
 * @errors rejects with CheckpointError for a weight that does not belong to the model, and with PipelineError; the weights
 * uploaded before are freed
 */
export const uploadWeights = async (
  engine: Engine,
  model: Pick<ModelSource, 'config' | 'weights'>,
): Promise<WeightMap<DeviceTensor>> => {
  const trained = trainedShapes(model.config)
  const uploaded = await uploadTensors(engine, storedWeights(model, trained))
  return mapWeights(weightShapes(model.config), (_, name) => uploaded.get(name)!)
}

/**
 * Iterates weights as engines keep them. Matrices that are frozen keep the format of their file. Parameters are float32, as the
 * results of the optimiser are, and so are vectors, which take little memory.
 */
async function* storedWeights(
  model: Pick<ModelSource, 'config' | 'weights'>,
  trained: WeightMap<Shape>,
): AsyncGenerator<readonly [string, HostTensor]> {
  for await (const [name, tensor] of iterateWeights(model)) {
    const { shape, data } = tensor
    yield [name, trained.has(name) || shape.length < 2 ? { shape, data } : tensor]
  }
}

/** Uploads tensors of zeros in these shapes. @errors rejects with PipelineError; the tensors uploaded before are freed */
export const uploadZeros = (engine: Engine, shapes: WeightMap<Shape>): Promise<WeightMap<DeviceTensor>> => {
  const zeros = function* () {
    for (const [name, shape] of shapes) yield [name, zerosOf(shape)] as const
  }
  return uploadTensors(engine, zeros())
}

/** Uploads tensors. @errors rejects with PipelineError; the tensors uploaded before are freed */
export const uploadTensors = async (engine: Engine, tensors: WeightEntries): Promise<WeightMap<DeviceTensor>> => {
  const uploaded = new Map<string, DeviceTensor>()
  try {
    for await (const [name, tensor] of tensors) uploaded.set(name, await engine.upload(tensor))
    return uploaded
  } catch (error) {
    freeWeights(uploaded)
    throw error
  }
}

const zerosOf = (shape: Shape): HostTensor => ({ shape, data: new Float32Array(sizeOf(shape)) })

/** Frees the memory of weights. */
export const freeWeights = (weights: WeightMap<DeviceTensor>): void => {
  for (const tensor of weights.values()) tensor.dispose()
}
