import { BehaviorSubject, combineLatest, tap } from 'rxjs'
import type { Feed } from '../feed.js'
import { noRunStates, overText, reduceRunStates, type RunStates } from '../view/over-text.js'
import { createElement, setText } from './element.js'
import { type Connection, createHttpFeed } from './http-feed.js'
import { mount } from './mount.js'
import { createTokenForm } from './token-form.js'

/** First module of the page that the dashboard's server serves. The access token is the part of the address after #. */

const notices: Readonly<Record<Exclude<Connection, object>, string>> = {
  opening: '',
  open: '',
  lost: 'The connection is lost. The page shows the last state and tries to connect again.',
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

/** Passes a feed on, and remembers the states of its runs. */
const rememberStates = (feed: Feed) => {
  const states$ = new BehaviorSubject<RunStates>(noRunStates)
  const events$ = feed.events$.pipe(tap((event) => states$.next(reduceRunStates(states$.value, event))))
  return { feed: { ...feed, events$ }, states$ }
}

const noticeOf = (connection: Connection, states: RunStates): string => {
  if (typeof connection === 'object')
    return 'denied' in connection
      ? `The server rejects this page: ${connection.denied}.`
      : `The server rejects this page: ${connection.refused}. Trying again.`
  const over = connection === 'opening' ? '' : overText(states, connection === 'open')
  return over === '' ? notices[connection] : over
}

const start = (token: string) => {
  const http = createHttpFeed(location.origin, token)
  const { feed, states$ } = rememberStates(http)
  combineLatest([http.connection$, states$]).subscribe(([connection, states]) =>
    showNotice(noticeOf(connection, states), typeof connection === 'object' && 'denied' in connection),
  )
  mount(document.getElementById('page')!, feed)
}

const token = location.hash.slice(1)
if (token === '') showNotice('Open the address that the command printed: it has the access token after the #.', true)
else start(token)

// The same page with another address has another token.
addEventListener('hashchange', () => location.reload())
