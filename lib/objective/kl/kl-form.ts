import type { Node } from '../../compute/program/node.js'

/**
 * An estimate of the KL divergence to a reference policy from one sampled token, of d = reference logprob - logprob.
 *
 * @units  nats
 * @source Schulman, "Approximating KL Divergence", 2020
 */
export interface KlForm {
  /** For a loss. @shape [B, T] -> [B, T] */
  readonly nodes: (d_BT: Node) => Node
  /** For a reward. */
  readonly value: (d: number) => number
}
