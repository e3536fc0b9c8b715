import { k1 } from './k1.js'
import { k2 } from './k2.js'
import { k3 } from './k3.js'
import type { KlForm } from './kl-form.js'

export const klForms = { k1, k2, k3 } as const satisfies Record<string, KlForm>

export type KlFormName = keyof typeof klForms

/** Options of a price on leaving the reference policy. */
export interface KlOptions {
  readonly klCoefficient?: number
  readonly klForm?: KlFormName
}
