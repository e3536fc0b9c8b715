import type { Controller } from '../controller.js'
import { adapo } from './adapo.js'
import { adaptiveEntropy } from './adaptive-entropy.js'
import { entropic } from './entropic.js'
import { repoRController } from './repo-r.js'

/** A controller as it is chosen by name. */
export interface ControllerEntry {
  readonly create: () => Controller
  readonly about: string
}

export const controllers = {
  entropic: { create: () => entropic(), about: 'weighs right against wrong answers' },
  'adaptive-entropy': { create: () => adaptiveEntropy(), about: 'sets the coefficient of the entropy bonus' },
  'repo-r': { create: () => repoRController(), about: 'sets how much unlikely tokens weigh' },
  adapo: { create: () => adapo(), about: 'sets the upper clip' },
} as const satisfies Record<string, ControllerEntry>

export type ControllerName = keyof typeof controllers
