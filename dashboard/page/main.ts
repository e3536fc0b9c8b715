import { tap } from 'rxjs'
import type { RunState } from '../../lib/run/run-state.js'
import { type Connection, httpFeed } from './http-feed.js'
import { mount } from './mount.js'

/** First module of the page that the dashboard's server serves. The key to it stands behind the # of its address. */

const words: Readonly<Record<Exclude<Connection, object> | 'over', string>> = {
  opening: '',
  open: '',
  lost: 'The connection is lost; trying to come back. What you see is what there was.',
  over: 'The run is over, and its server with it. `entrain watch` with the folder of the run shows it again.',
}

const notice = document.getElementById('notice')!
const tell = (text: string) => {
  notice.textContent = text
  notice.hidden = text === ''
}

const ended: readonly RunState['status'][] = ['finished', 'interrupted', 'failed']

const token = location.hash.slice(1)
if (token === '') tell('Open the address that the command printed: the key to this page stands behind its #.')
else {
  const feed = httpFeed(location.origin, token)
  const statuses = new Map<number, RunState['status']>()
  const events$ = feed.events$.pipe(
    tap((event) => {
      if (event.event === 'state') statuses.set(event.run, event.state.status)
    }),
  )
  const isOver = () => statuses.size > 0 && [...statuses.values()].every((status) => ended.includes(status))
  feed.connection$.subscribe((connection) => {
    if (typeof connection === 'object')
      tell(`The server does not let this page in: ${connection.refused}. Trying again.`)
    else tell(words[connection === 'lost' && isOver() ? 'over' : connection])
  })
  mount(document.getElementById('page')!, { ...feed, events$ })
}

// Another address of the same page is another key.
addEventListener('hashchange', () => location.reload())
