import type * as t from 'io-ts'
import { group, numberSetting, textSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { integerFrom, oneOf, positive } from './fields.js'
import { machineDefaults, machineFields, machineSettings } from './machine.js'
import { refined } from './refined.js'
import { generatedNames } from './train-config.js'

const sizes = refined(
  strictRecord({
    width: integerFrom(1),
    layers: integerFrom(1),
    heads: integerFrom(1),
    kvHeads: integerFrom(1),
    feedForward: integerFrom(1),
  }),
  ({ width, heads, kvHeads }) =>
    width % (2 * heads) === 0 && heads % kvHeads === 0
      ? undefined
      : `found width ${width}, heads ${heads}, kvHeads ${kvHeads}, expected heads of an even width and a multiple of kvHeads`,
)

/** Everything that decides the weights of a base model. */
export const PretrainConfigCodec = strictRecord({
  task: oneOf(generatedNames),
  seed: integerFrom(0),
  steps: integerFrom(1),
  /** Demonstrations a step. */
  batch: integerFrom(1),
  /** Of AdamW at its height; it rises over the warm-up and falls to a twentieth along half a cosine. */
  learningRate: positive,
  warmup: integerFrom(1),
  model: sizes,
  ...machineFields,
  microBatch: integerFrom(1),
})

export type PretrainConfig = t.TypeOf<typeof PretrainConfigCodec>

/** What made the checkpoint that comes with entrain. */
export const pretrainDefaults = {
  task: 'countdown',
  seed: 1,
  steps: 2000,
  batch: 256,
  learningRate: 2e-3,
  warmup: 50,
  model: { width: 128, layers: 4, heads: 4, kvHeads: 2, feedForward: 320 },
  ...machineDefaults,
  microBatch: 256,
} satisfies PretrainConfig

export const pretrainSettings = [
  ...group('What is trained', [
    textSetting('task', generatedNames.join(', ')),
    numberSetting('seed', 'decides the first weights and every demonstration'),
    numberSetting('steps', 'optimiser steps'),
    numberSetting('batch', 'demonstrations a step'),
    numberSetting('learningRate', 'of AdamW at its height'),
    numberSetting('warmup', 'steps over which the learning rate rises'),
  ]),
  ...group('Model', [
    numberSetting('model.width', 'of the residual stream'),
    numberSetting('model.layers', 'transformer blocks'),
    numberSetting('model.heads', 'query heads'),
    numberSetting('model.kvHeads', 'key and value heads'),
    numberSetting('model.feedForward', 'inner width of the SwiGLU'),
  ]),
  ...group('Machine', [
    ...machineSettings,
    numberSetting('microBatch', 'most sequences in one engine run; less needs less memory'),
  ]),
]
