import { tap } from 'rxjs'
import { isOver, type RunState } from '../../lib/control/run-state.js'
import type { Feed } from '../feed.js'
import { createElement, setText } from './element.js'
import { type Connection, createHttpFeed } from './http-feed.js'
import { mount } from './mount.js'
import { createTokenForm } from './token-form.js'

/** First module of the page that the dashboard's server serves. The access token is the part of the address after #. */

const notices: Readonly<Record<Exclude<Connection, object> | 'over', string>> = {
  opening: '',
  open: '',
  lost: 'The connection is lost. The page shows the last state and tries to connect again.',
  over: 'The run is over, and its server has stopped. `entrain watch` with the folder of the run shows it again.',
}

const notice = document.getElementById('notice')!
const words = createElement('p', { role: 'status' })
const tokenForm = createTokenForm()
notice.append(words, tokenForm)
const showNotice = (text: string, asksForToken = false) => {
  setText(words, text)
  notice.hidden = text === ''
  tokenForm.hidden = !asksForToken
}

/** Passes a feed on, and remembers whether all its runs are over. */
const rememberStates = (feed: Feed) => {
  const states = new Map<number, RunState>()
  const events$ = feed.events$.pipe(
    tap((event) => {
      if (event.event === 'state') states.set(event.run, event.state)
    }),
  )
  return { feed: { ...feed, events$ }, areAllOver: () => states.size > 0 && [...states.values()].every(isOver) }
}

const noticeOf = (connection: Connection, areAllOver: boolean): string => {
  if (typeof connection !== 'object') return notices[connection === 'lost' && areAllOver ? 'over' : connection]
  return 'denied' in connection
    ? `The server rejects this page: ${connection.denied}.`
    : `The server rejects this page: ${connection.refused}. Trying again.`
}

const start = (token: string) => {
  const http = createHttpFeed(location.origin, token)
  const { feed, areAllOver } = rememberStates(http)
  http.connection$.subscribe((connection) =>
    showNotice(noticeOf(connection, areAllOver()), typeof connection === 'object' && 'denied' in connection),
  )
  mount(document.getElementById('page')!, feed)
}

const token = location.hash.slice(1)
if (token === '') showNotice('Open the address that the command printed: it has the access token after the #.', true)
else start(token)

// The same page with another address has another token.
addEventListener('hashchange', () => location.reload())
