import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpointPath } from '../../lib/model/model-file.js'
import type { RunModel } from './plan.js'

/** Describes a bundled checkpoint. The digest of its file makes the runs of another version of it different runs. */
export const bundledModel = (name: string): RunModel => ({
  kind: 'bundled',
  name,
  digest: digest(readFileSync(checkpointPath(name))),
})

/**
 * Describes a countdown model with about five times the weights of the bundled one, which the study pretrains by
 * `entrain pretrain`. The settings are flags of that command; the others have the defaults that made the bundled checkpoint.
 */
export const largeModel = (steps: number): Extract<RunModel, { readonly kind: 'pretrained' }> => ({
  kind: 'pretrained',
  name: 'large',
  settings: {
    task: 'countdown',
    steps,
    'model-width': 256,
    'model-layers': 5,
    'model-heads': 8,
    'model-kv-heads': 4,
    'model-feed-forward': 640,
  },
})

/** Describes the language model, which trains by adapters. */
export const languageModel = (): RunModel => ({ kind: 'downloaded', name: 'SmolLM2-135M-Instruct', adapterRank: 16 })

/** Places of the models that are not part of the repository. */
export interface ModelPlaces {
  /** Folder of the models that the study pretrains and of the questions that it writes. */
  readonly cache: string
  /** Folder or GGUF file of the language model; null without one. */
  readonly smollm2: string | null
}

/** Returns the path of a model. @errors RangeError for a downloaded model without a path */
export const pathOfModel = (model: RunModel, { cache, smollm2 }: ModelPlaces): string => {
  switch (model.kind) {
    case 'bundled':
      return checkpointPath(model.name)
    case 'pretrained':
      return join(cache, `${model.name}-${digest(JSON.stringify(model.settings))}.safetensors`)
    case 'downloaded':
      if (smollm2 === null) throw new RangeError(`--smollm2: found none, expected the path of ${model.name}`)
      return smollm2
  }
}

const digest = (contents: string | Uint8Array): string =>
  createHash('sha256').update(contents).digest('hex').slice(0, 12)
