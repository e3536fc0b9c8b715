import type { Drift } from '../../lib/rollout/band.js'
import type { Rollout } from '../../lib/run/step-rollouts.js'
import { heatOf } from '../view/token-heat.js'
import { showHiddenCharacters } from '../view/hidden-characters.js'
import { explainVerdict } from '../view/verdict.js'
import { formatFixed, formatSigned } from '../view/number-format.js'
import { createElement } from './element.js'

const columns = ['Prompt', 'Completion', 'Reward', 'Advantage', 'Verdict'] as const

export const createTableHead = () =>
  createElement(
    'thead',
    { role: 'rowgroup' },
    createElement(
      'tr',
      { role: 'row' },
      ...columns.map((name) => createElement('th', { scope: 'col', role: 'columnheader' }, name)),
    ),
  )

/** One rollout: the colours of its tokens go up to `top` nats, and the drift is that of its step. */
export const createRolloutRow = (rollout: Rollout, top: number, drift: Drift | undefined): HTMLElement => {
  const cell = (name: (typeof columns)[number], ...children: (Node | string)[]) =>
    createElement('td', { role: 'cell', 'data-name': name, class: name.toLowerCase() }, ...children)
  const { prompt, advantage, accepted } = rollout
  return createElement(
    'tr',
    { role: 'row' },
    cell('Prompt', createElement('div', { class: 'text', dir: 'auto' }, showHiddenCharacters(prompt))),
    cell('Completion', completion(rollout, top)),
    cell('Reward', createElement('div', {}, ...judgement(rollout))),
    cell('Advantage', advantage === null ? '–' : formatSigned(advantage, 2)),
    cell(
      'Verdict',
      createElement('span', { class: accepted ? 'accepted' : 'rejected' }, explainVerdict(rollout, drift)),
    ),
  )
}

const judgement = ({ reward, correct, fault }: Rollout): readonly (Node | string)[] => [
  createElement('span', { class: correct ? 'right' : 'wrong', 'aria-hidden': 'true' }, correct ? '✓ ' : '✗ '),
  createElement('span', { class: 'unseen' }, correct ? 'correct, ' : 'wrong, '),
  formatFixed(reward, 2),
  ...(fault === null ? [] : [createElement('small', {}, showHiddenCharacters(fault))]),
]

/** One span for each token, as warm as its entropy. */
const completion = ({ tokens, entropy, finish }: Rollout, top: number): HTMLElement => {
  const spans = tokens.map((token, i) => {
    const nats = entropy[i] ?? 0
    const text = showHiddenCharacters(token)
    const span = createElement(
      'span',
      { class: text === '' ? 'token empty' : 'token', title: `${formatFixed(nats)} nats` },
      text === '' ? '·' : text,
    )
    span.style.setProperty('--heat', heatOf(nats, top).toFixed(3))
    return span
  })
  const most = entropy.length === 0 ? -1 : entropy.indexOf(Math.max(...entropy))
  const mean = entropy.reduce((sum, nats) => sum + nats, 0) / Math.max(1, entropy.length)
  const spoken =
    most < 0
      ? 'no tokens'
      : `entropy ${formatFixed(mean)} nats per token, highest ${formatFixed(entropy[most])} at “${showHiddenCharacters(tokens[most] ?? '')}”`
  return createElement(
    'div',
    {},
    createElement('div', { class: 'text', dir: 'auto' }, ...spans),
    createElement(
      'small',
      {},
      `${tokens.length} tokens${finish === 'length' ? ', cut at the limit' : ''}; mean ${formatFixed(mean)} nats`,
    ),
    createElement('span', { class: 'unseen' }, spoken),
  )
}
