import { acceptedPanel } from './accepted.js'
import { changePanel } from './change.js'
import { entropyPanel } from './entropy.js'
import { klPanel } from './kl.js'
import { likelihoodPanel } from './likelihood.js'
import type { Panel } from './panel.js'
import { scorePanel } from './score.js'

/** The panels of a figure, in the order in which they stand. */
export const panels = {
  score: scorePanel,
  entropy: entropyPanel,
  kl: klPanel,
  accepted: acceptedPanel,
  likelihood: likelihoodPanel,
  change: changePanel,
} satisfies Record<string, Panel>

export type PanelName = keyof typeof panels
