import { fromEvent } from 'rxjs'
import { type BandEdit, bandEditText, canRelease } from '../view/band-edit.js'
import { createElement, setText } from './element.js'

/** Line under the entropy chart: the state of the last command, and the button that releases the override. */
export const createBandPanel = () => {
  const text = createElement('span', { role: 'status' })
  const release = createElement('button', { type: 'button' }, 'Follow the plan')
  const panel = createElement('div', { class: 'band-panel' }, text, release)
  return {
    element: panel,
    releases$: fromEvent(release, 'click'),
    show: (state: BandEdit) => {
      setText(text, bandEditText(state))
      panel.classList.toggle(
        'refused',
        state.request === null && typeof state.notice === 'object' && state.notice !== null,
      )
      panel.hidden = state.points.length === 0 && bandEditText(state) === ''
      release.hidden = !canRelease(state)
    },
  }
}
