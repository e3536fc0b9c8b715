import type { Drift } from '../../lib/rollout/band.js'
import type { Rollout } from '../../lib/run/step-rollouts.js'
import { showHiddenCharacters } from '../view/hidden-characters.js'
import { formatFixed, formatSigned } from '../view/number-format.js'
import { explainVerdict } from '../view/verdict.js'
import { createElement } from './element.js'
import { createTokens } from './rollout-tokens.js'

/** Columns of the rollout table. */
export const rolloutColumns = ['Prompt', 'Completion', 'Reward', 'Advantage', 'Verdict'] as const

/** Table row of a rollout. `top` is the entropy of the strongest token colour, and `drift` that of the step. */
export const createRolloutRow = (rollout: Rollout, top: number, drift: Drift | undefined): HTMLElement => {
  const { prompt, advantage, accepted } = rollout
  return createElement(
    'tr',
    { role: 'row' },
    createCell(
      'Prompt',
      createElement('div', { class: 'text', dir: 'auto', 'data-scroll-name': 'Prompt' }, showHiddenCharacters(prompt)),
    ),
    createCell('Completion', createTokens(rollout, top)),
    createCell('Reward', createElement('div', {}, ...rewardParts(rollout))),
    createCell('Advantage', advantage === null ? '–' : formatSigned(advantage, 2)),
    createCell(
      'Verdict',
      createElement('span', { class: accepted ? 'accepted' : 'rejected' }, explainVerdict(rollout, drift)),
    ),
  )
}

const createCell = (name: (typeof rolloutColumns)[number], child: Node | string): HTMLElement =>
  createElement('td', { role: 'cell', 'data-name': name, class: name.toLowerCase() }, child)

const rewardParts = ({ reward, correct, fault }: Rollout): readonly (Node | string)[] => [
  createElement('span', { class: correct ? 'right' : 'wrong', 'aria-hidden': 'true' }, correct ? '✓ ' : '✗ '),
  createElement('span', { class: 'sr-only' }, correct ? 'correct, ' : 'wrong, '),
  formatFixed(reward, 2),
  ...(fault === null ? [] : [createElement('small', {}, showHiddenCharacters(fault))]),
]
