import type * as t from 'io-ts'
import { choiceSetting, group, numberSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { integerFrom, oneOf, positive, seed } from './fields.js'
import { adamwFields, adamwSettingDefaults, adamwSettings } from './optimizer.js'
import { machineDefaults, machineFields, machineSettings } from './machine.js'
import { withRule } from './with-faults.js'
import { generatedNames } from './train-config.js'

const sizes = withRule(
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

/** Configuration of a base model. It determines every weight. */
export const PretrainConfigCodec = strictRecord({
  task: oneOf(generatedNames),
  seed,
  steps: integerFrom(1),
  /** Demonstrations per optimiser step. */
  batch: integerFrom(1),
  /** Peak learning rate of AdamW. It rises over the warm-up and then falls to a twentieth along half a cosine. */
  learningRate: positive,
  warmup: integerFrom(1),
  ...adamwFields,
  model: sizes,
  ...machineFields,
  microBatch: integerFrom(1),
})

export type PretrainConfig = t.TypeOf<typeof PretrainConfigCodec>

/** Configuration that made the bundled checkpoint `countdown`. */
export const pretrainDefaults = {
  task: 'countdown',
  seed: 1,
  steps: 2000,
  batch: 256,
  learningRate: 2e-3,
  warmup: 50,
  ...adamwSettingDefaults,
  model: { width: 128, layers: 4, heads: 4, kvHeads: 2, feedForward: 320 },
  ...machineDefaults,
  microBatch: 256,
} satisfies PretrainConfig

export const pretrainSettings = [
  ...group('Training', [
    choiceSetting('task', 'task whose demonstrations are learnt', generatedNames),
    numberSetting('seed', 'random seed of the initial weights and the demonstrations'),
    numberSetting('steps', 'number of optimiser steps'),
    numberSetting('batch', 'demonstrations per optimiser step'),
    numberSetting('learningRate', 'peak learning rate of AdamW; the rate at the last step is a twentieth of the peak'),
    numberSetting('warmup', 'number of optimiser steps over which the learning rate rises from 0'),
    ...adamwSettings,
  ]),
  ...group('Model', [
    numberSetting('model.width', 'width of the residual stream'),
    numberSetting('model.layers', 'number of transformer blocks'),
    numberSetting('model.heads', 'number of query heads per block'),
    numberSetting('model.kvHeads', 'number of key and value heads per block'),
    numberSetting('model.feedForward', 'inner width of the SwiGLU feed-forward layer'),
  ]),
  ...group('Machine', [
    ...machineSettings,
    numberSetting('microBatch', 'maximum number of sequences per engine run; lower it to save memory'),
  ]),
]
