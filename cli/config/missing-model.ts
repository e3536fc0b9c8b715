import { type Layer, placeOf, valueAt } from './layer.js'
import { taskOfLayers } from './with-defaults-for.js'

/**
 * Returns the fault of settings that name data files or task `math` but no model; empty without it. The default model knows
 * no words. It is the first fault that a person has to correct, so it comes before the others.
 */
export const missingModel = (layers: readonly Layer[]): readonly string[] => {
  const hasModel = layers.some(({ settings }) => valueAt(settings, ['model']) !== undefined)
  if (taskOfLayers(layers) !== 'math' || hasModel) return []
  return [
    `--model: found none beside ${placeOfTask(layers)}, expected a language model: a Hugging Face folder or a .gguf file`,
  ]
}

/** Names the setting that selects task `math`. */
const placeOfTask = (layers: readonly Layer[]): string => {
  const path = [['data', 'train'], ['data', 'tune'], ['data', 'test'], ['task']].find((each) =>
    layers.some(({ settings }) => valueAt(settings, each) !== undefined),
  )
  return placeOf(layers, path ?? ['task'])
}
