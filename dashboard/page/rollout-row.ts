import type { Drift } from '../../lib/rollout/band.js'
import type { Rollout } from '../../lib/run/step-rollouts.js'
import { sum } from '../../lib/statistics.js'
import { heat } from '../view/heat.js'
import { printable } from '../view/printable.js'
import { verdict } from '../view/verdict.js'
import { fixed, signed } from '../view/words.js'
import { element } from './element.js'

const columns = ['Prompt', 'Completion', 'Reward', 'Advantage', 'Verdict'] as const

export const columnHeads = () =>
  element(
    'thead',
    { role: 'rowgroup' },
    element(
      'tr',
      { role: 'row' },
      ...columns.map((name) => element('th', { scope: 'col', role: 'columnheader' }, name)),
    ),
  )

/** One rollout: the colours of its tokens go up to `top` nats, and the drift is that of its step. */
export const rolloutRow = (rollout: Rollout, top: number, drift: Drift | undefined): HTMLElement => {
  const cell = (name: (typeof columns)[number], ...children: (Node | string)[]) =>
    element('td', { role: 'cell', 'data-name': name, class: name.toLowerCase() }, ...children)
  const { prompt, advantage, accepted } = rollout
  return element(
    'tr',
    { role: 'row' },
    cell('Prompt', element('div', { class: 'text', dir: 'auto' }, printable(prompt))),
    cell('Completion', completion(rollout, top)),
    cell('Reward', element('div', {}, ...judgement(rollout))),
    cell('Advantage', advantage === null ? '–' : signed(advantage, 2)),
    cell('Verdict', element('span', { class: accepted ? 'accepted' : 'rejected' }, verdict(rollout, drift))),
  )
}

const judgement = ({ reward, correct, fault }: Rollout): readonly (Node | string)[] => [
  element('span', { class: correct ? 'right' : 'wrong', 'aria-hidden': 'true' }, correct ? '✓ ' : '✗ '),
  element('span', { class: 'unseen' }, correct ? 'correct, ' : 'wrong, '),
  fixed(reward, 2),
  ...(fault === null ? [] : [element('small', {}, printable(fault))]),
]

/** One span for each token, as warm as its entropy. */
const completion = ({ tokens, entropy, finish }: Rollout, top: number): HTMLElement => {
  const spans = tokens.map((token, i) => {
    const nats = entropy[i] ?? 0
    const text = printable(token)
    const span = element(
      'span',
      { class: text === '' ? 'token empty' : 'token', title: `${fixed(nats)} nats` },
      text === '' ? '·' : text,
    )
    span.style.setProperty('--heat', heat(nats, top).toFixed(3))
    return span
  })
  const most = entropy.length === 0 ? -1 : entropy.indexOf(Math.max(...entropy))
  const mean = sum(entropy) / Math.max(1, entropy.length)
  const spoken =
    most < 0
      ? 'no tokens'
      : `entropy ${fixed(mean)} nats per token, highest ${fixed(entropy[most])} at “${printable(tokens[most] ?? '')}”`
  return element(
    'div',
    {},
    element('div', { class: 'text', dir: 'auto' }, ...spans),
    element(
      'small',
      {},
      `${tokens.length} tokens${finish === 'length' ? ', cut at the limit' : ''}; mean ${fixed(mean)} nats`,
    ),
    element('span', { class: 'unseen' }, spoken),
  )
}
