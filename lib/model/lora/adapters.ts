import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import type { ModelSource, WeightEntries } from '../model-checkpoint.js'
import { adapterShapes } from '../weights.js'
import { initialLora, type LoraConfig } from './lora.js'

/** Low-rank adapters on the host. */
export interface Adapters {
  readonly config: LoraConfig
  /** Parameters of the adapters, by the names that {@link weightShapes} gives them. */
  readonly parameters: ReadonlyMap<string, HostTensor>
}

/** Returns initial adapters for a model. They do not change its output before the first update. */
export const freshAdapters = (config: DecoderConfig, lora: LoraConfig, seed: number): Adapters => ({
  config: lora,
  parameters: initialLora(adapterShapes({ ...config, lora }), seed),
})

/** Returns a model with adapters. Only the adapters train. */
export const withAdapters = (model: ModelSource, { config, parameters }: Adapters): ModelSource => ({
  ...model,
  config: { ...model.config, lora: config },
  weights: { [Symbol.asyncIterator]: () => concatEntries(model.weights, parameters) },
})

async function* concatEntries(...sources: readonly WeightEntries[]) {
  for (const source of sources) yield* source
}
