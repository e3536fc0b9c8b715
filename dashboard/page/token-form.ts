import { createElement } from './element.js'

/** Form that opens the page with another access token, or with the address that a command printed. */
export const createTokenForm = (): HTMLFormElement => {
  const field = createElement('input', { type: 'text', required: '', autocomplete: 'off', spellcheck: 'false' })
  const label = createElement('label', {}, 'Access token, or the address with it ', field)
  const form = createElement('form', { hidden: '' }, label, createElement('button', { type: 'submit' }, 'Open'))
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const before = location.hash
    location.hash = tokenIn(field.value)
    // Another token makes the page load again by itself.
    if (location.hash === before) location.reload()
  })
  return form
}

/** The token of an address is its part after #. */
const tokenIn = (text: string): string => text.trim().replace(/^.*#/, '')
