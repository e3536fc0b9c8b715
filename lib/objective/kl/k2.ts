import { mul, scalar } from '../../compute/operation/index.js'
import type { KlForm } from './kl-form.js'

/** d^2 / 2. */
export const k2: KlForm = { nodes: (d_BT) => mul(scalar(0.5), mul(d_BT, d_BT)), value: (d) => d ** 2 / 2 }
