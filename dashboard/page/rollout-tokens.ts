import type { Rollout } from '../../lib/run/step-rollouts.js'
import { showHiddenCharacters } from '../view/hidden-characters.js'
import { formatFixed } from '../view/number-format.js'
import { heatOf } from '../view/token-heat.js'
import { createElement } from './element.js'

/** Completion of a rollout, token by token, each coloured by its entropy. `top` nats have the strongest colour. */
export const createTokens = (rollout: Rollout, top: number): HTMLElement => {
  const { tokens, entropy, finish } = rollout
  const spans = tokens.map((token, i) => createToken(token, entropy[i] ?? 0, top))
  const limit = finish === 'length' ? ', cut at the length limit' : ''
  return createElement(
    'div',
    {},
    createElement('div', { class: 'text', dir: 'auto', 'data-scroll-name': 'Completion' }, ...spans),
    createElement('small', {}, `${tokens.length} tokens${limit}; mean ${formatFixed(meanEntropy(rollout))} nats`),
    createElement('span', { class: 'sr-only' }, describeEntropy(rollout)),
  )
}

const createToken = (token: string, nats: number, top: number): HTMLElement => {
  const text = showHiddenCharacters(token)
  const attributes = { class: text === '' ? 'token empty' : 'token', title: `${formatFixed(nats)} nats` }
  const span = createElement('span', attributes, text === '' ? '·' : text)
  span.style.setProperty('--heat', heatOf(nats, top).toFixed(3))
  return span
}

/** Text for screen readers, which do not say the colours. */
const describeEntropy = (rollout: Rollout): string => {
  const { tokens, entropy } = rollout
  if (entropy.length === 0) return 'no tokens'
  const highest = entropy.indexOf(Math.max(...entropy))
  const token = showHiddenCharacters(tokens[highest] ?? '')
  return `entropy ${formatFixed(meanEntropy(rollout))} nats per token, highest ${formatFixed(entropy[highest])} at “${token}”`
}

const meanEntropy = ({ entropy }: Rollout): number =>
  entropy.reduce((sum, nats) => sum + nats, 0) / Math.max(1, entropy.length)
