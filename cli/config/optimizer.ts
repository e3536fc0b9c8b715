import type * as t from 'io-ts'
import { type GradientSpike, gradientSpikeDefaults, spikeActions } from '../../lib/optimizer/gradient-spike.js'
import { adamwDefaults, type AdamWOptions } from '../../lib/optimizer/adamw.js'
import { constantRate, type LearningRate, warmupCosine, warmupLinear } from '../../lib/optimizer/learning-rate.js'
import type { Fault } from './with-faults.js'
import { numberSetting, orNoneSetting, orNoneTextSetting, textSetting } from '../flag.js'
import { belowOne, integerFrom, nonNegative, oneOf, orNone, positive } from './fields.js'

/** Fields of every configuration that trains: the options of AdamW. */
export const adamwFields = {
  /** Decoupled weight decay of matrices; 0 turns it off. */
  weightDecay: nonNegative,
  /** Decay of the first moment. */
  beta1: belowOne,
  /** Decay of the second moment. */
  beta2: belowOne,
  /** Number added to the root of the second moment. */
  epsilon: positive,
  /** Largest global norm of the gradients; null turns clipping off. */
  gradientClip: orNone(positive),
}

type AdamWSettings = { readonly [K in keyof typeof adamwFields]: t.TypeOf<(typeof adamwFields)[K]> }

export const adamwSettingDefaults: AdamWSettings = {
  weightDecay: adamwDefaults.weightDecay,
  beta1: adamwDefaults.beta1,
  beta2: adamwDefaults.beta2,
  epsilon: adamwDefaults.epsilon,
  gradientClip: adamwDefaults.maxNorm,
}

export const adamwSettings = [
  numberSetting('weightDecay', 'decoupled weight decay of AdamW, of matrices only; 0 turns it off'),
  numberSetting('beta1', 'decay of the first moment of AdamW, at least 0 and below 1'),
  numberSetting('beta2', 'decay of the second moment of AdamW, at least 0 and below 1'),
  numberSetting('epsilon', 'number that AdamW adds to the root of the second moment'),
  orNoneSetting('gradientClip', 'maximum global norm of the gradient, which is scaled down to it; none turns it off'),
]

/** Options of AdamW of a configuration. */
export const adamwOf = ({ gradientClip, weightDecay, beta1, beta2, epsilon }: AdamWSettings): AdamWOptions => ({
  weightDecay,
  beta1,
  beta2,
  epsilon,
  maxNorm: gradientClip ?? Infinity,
})

/** Fields of the guards of a run against numbers that are wrong. */
export const guardFields = {
  /** Number of refused updates in a row that ends the run; null for no end. */
  maxRefused: orNone(integerFrom(1)),
  /** Action at a gradient whose norm is far above the median of those before; null for none. */
  gradientSpike: orNone(oneOf(spikeActions)),
  /** Limit of the gradient norm as a multiple of that median. */
  spikeFactor: positive,
  /** Number of optimiser steps that the median is over. */
  spikeWindow: integerFrom(1),
}

type GuardSettings = { readonly [K in keyof typeof guardFields]: t.TypeOf<(typeof guardFields)[K]> }

export const guardDefaults: GuardSettings = {
  maxRefused: 5,
  gradientSpike: null,
  spikeFactor: gradientSpikeDefaults.factor,
  spikeWindow: gradientSpikeDefaults.window,
}

export const guardSettings = [
  orNoneSetting(
    'maxRefused',
    'number of refused updates in a row that ends the run; an update is refused if its loss, gradient or weights are not finite; none: no end',
  ),
  {
    ...orNoneTextSetting(
      'gradientSpike',
      'guard against gradient spikes: skip refuses the update, clip scales its gradient down to the limit; none: no guard',
      `${spikeActions.join('|')}|none`,
    ),
    choices: [...spikeActions, 'none'],
  },
  numberSetting('spikeFactor', 'limit of --gradient-spike, as a multiple of the median gradient norm'),
  numberSetting('spikeWindow', 'number of optimiser steps that the median of --gradient-spike is over'),
]

/** Spike guard of a configuration, as an option of a local model. */
export const spikeGuardOf = ({
  gradientSpike: action,
  spikeFactor: factor,
  spikeWindow: window,
}: GuardSettings): { readonly gradientSpike?: GradientSpike } =>
  action === null ? {} : { gradientSpike: { action, factor, window } }

const rateSchedules = ['constant', 'linear', 'cosine'] as const

/** Fields of the learning rate of a run. */
export const learningRateFields = {
  /** Learning rate of AdamW after the warm-up. */
  learningRate: positive,
  /** Number of optimiser steps over which the learning rate rises; 0 starts at the full rate. */
  warmup: integerFrom(0),
  /** Course of the learning rate after the warm-up. */
  learningRateSchedule: oneOf(rateSchedules),
  /** Learning rate that the schedules linear and cosine reach after the last optimiser step. */
  learningRateEnd: nonNegative,
}

type LearningRateSettings = {
  readonly [K in keyof typeof learningRateFields]: t.TypeOf<(typeof learningRateFields)[K]>
}

export const learningRateDefaults = {
  learningRate: 1e-4,
  warmup: 10,
  learningRateSchedule: 'constant',
  learningRateEnd: 0,
} as const satisfies LearningRateSettings

export const learningRateSettings = [
  numberSetting('learningRate', 'learning rate of AdamW after the warm-up'),
  numberSetting('warmup', 'number of optimiser steps over which the learning rate rises; 0 starts at the full rate'),
  {
    ...textSetting(
      'learningRateSchedule',
      `learning rate after the warm-up: ${rateSchedules.join(', ')}; linear and cosine fall to --learning-rate-end`,
    ),
    choices: rateSchedules,
  },
  numberSetting(
    'learningRateEnd',
    'learning rate that the schedules linear and cosine reach after the last optimiser step',
  ),
]

/** Learning rate of a run that makes so many optimiser steps. */
export const learningRateOf = (
  { learningRate: peak, warmup, learningRateSchedule, learningRateEnd: end }: LearningRateSettings,
  steps: number,
): LearningRate => {
  switch (learningRateSchedule) {
    case 'constant':
      return constantRate(peak, warmup)
    case 'linear':
      return warmupLinear({ peak, end, warmup, steps })
    case 'cosine':
      return warmupCosine({ peak, end, warmup, steps })
  }
}

/** Faults of the settings of a learning rate that each field alone does not have: the field and its message. */
export const learningRateFaults = ({
  learningRate,
  learningRateSchedule,
  learningRateEnd,
}: LearningRateSettings): readonly Fault[] => {
  if (learningRateSchedule === 'constant' && learningRateEnd !== 0)
    return [
      [
        ['learningRateEnd'],
        `found ${learningRateEnd} with a constant learning rate, expected schedule linear or cosine`,
      ],
    ]
  if (learningRateEnd > learningRate)
    return [[['learningRateEnd'], `found ${learningRateEnd}, expected at most the learning rate, ${learningRate}`]]
  return []
}
