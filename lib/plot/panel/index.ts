import { acceptedPanel } from './accepted.js'
import { changePanel } from './change.js'
import { entropyPanel } from './entropy.js'
import { klPanel } from './kl.js'
import { likelihoodPanel } from './likelihood.js'
import type { Panel } from './panel.js'
import { scorePanel } from './score.js'

/** Panels of a figure by name, in the order in which they are drawn. */
export const panels = {
  score: scorePanel,
  entropy: entropyPanel,
  kl: klPanel,
  accepted: acceptedPanel,
  likelihood: likelihoodPanel,
  change: changePanel,
} satisfies Record<string, Panel>

/** Name of a panel. */
export type PanelName = keyof typeof panels
