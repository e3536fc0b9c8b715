import { neg } from '../../compute/operation/index.js'
import type { KlForm } from './kl-form.js'

/** -d: the log ratio itself, which may be negative. */
export const k1: KlForm = { nodes: neg, value: (d) => -d }
