import { tap } from 'rxjs'
import { isOver, type RunState } from '../../lib/control/run-state.js'
import { type Connection, createHttpFeed } from './http-feed.js'
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

const token = location.hash.slice(1)
if (token === '') tell('Open the address that the command printed: the key to this page stands behind its #.')
else {
  const feed = createHttpFeed(location.origin, token)
  const states = new Map<number, RunState>()
  const events$ = feed.events$.pipe(
    tap((event) => {
      if (event.event === 'state') states.set(event.run, event.state)
    }),
  )
  const allOver = () => states.size > 0 && [...states.values()].every(isOver)
  feed.connection$.subscribe((connection) => {
    if (typeof connection === 'object')
      tell(`The server does not let this page in: ${connection.refused}. Trying again.`)
    else tell(words[connection === 'lost' && allOver() ? 'over' : connection])
  })
  mount(document.getElementById('page')!, { ...feed, events$ })
}

// Another address of the same page is another key.
addEventListener('hashchange', () => location.reload())
