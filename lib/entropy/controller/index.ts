import type { RegistryEntry } from '../../registry.js'
import type { Controller } from '../controller.js'
import { adapo } from './adapo.js'
import { adaptiveEntropy } from './adaptive-entropy.js'
import { calibratedWeights } from './calibrated-weights.js'
import { entropic } from './entropic.js'
import { repoRController } from './repo-r.js'

/** Entry of the registry {@link controllers}: `create()` makes the controller with its default options. */
export type ControllerEntry = RegistryEntry<() => Controller>

/**
 * Entropy controllers by name.
 *
 * @example
 * trainingPipeline({ estimator: reinforce(), objective: ppoClip(), controller: controllers.entropic.create() })
 */
export const controllers = {
  entropic: {
    create: () => entropic(),
    about: 'sets the weight of positive against negative advantages by proportional-integral control',
    paper: 'arXiv:2511.15248',
  },
  'adaptive-entropy': {
    create: () => adaptiveEntropy(),
    about: 'sets the coefficient of the entropy bonus',
    paper: 'arXiv:2505.22312',
  },
  'repo-r': {
    create: () => repoRController(),
    about: 'sets by how much the objective repo-r rescales advantages',
    paper: 'arXiv:2603.11682',
  },
  'calibrated-weights': {
    create: () => calibratedWeights(),
    about: 'weighs the advantages by the measured effect of updates on entropy',
  },
  adapo: { create: () => adapo(), about: 'sets the upper clip of the ratio' },
} as const satisfies Record<string, ControllerEntry>

/** Name of a controller in the registry {@link controllers}. */
export type ControllerName = keyof typeof controllers

export { adapo, adaptiveEntropy, calibratedWeights, entropic, repoRController }
export type { AdapoOptions } from './adapo.js'
export type { AdaptiveEntropyOptions } from './adaptive-entropy.js'
export type { EntropicOptions } from './entropic.js'
export type { RepoRControllerOptions } from './repo-r.js'
