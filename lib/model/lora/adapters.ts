import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import type { ModelSource, ParameterSource } from '../model-checkpoint.js'
import { adapterShapes } from '../parameters.js'
import { initialLora, type LoraConfig } from './lora.js'

/** Adapters at rest. */
export interface Adapters {
  readonly config: LoraConfig
  /** By our names, as a model's weights are. */
  readonly parameters: ReadonlyMap<string, HostTensor>
}

/** Adapters for such a model that change nothing yet. */
export const freshAdapters = (config: DecoderConfig, lora: LoraConfig, seed: number): Adapters => ({
  config: lora,
  parameters: initialLora(adapterShapes({ ...config, lora }), seed),
})

/** A model with adapters, which are what is trained of it. */
export const withAdapters = (model: ModelSource, { config, parameters }: Adapters): ModelSource => ({
  ...model,
  config: { ...model.config, lora: config },
  parameters: { [Symbol.asyncIterator]: () => oneAfterTheOther(model.parameters, parameters) },
})

async function* oneAfterTheOther(...sources: readonly ParameterSource[]) {
  for (const source of sources) yield* source
}
