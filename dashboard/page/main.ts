import { type Connection, httpFeed } from './http-feed.js'
import { mount } from './mount.js'

/** First module of the page that the dashboard's server serves. The key to it stands behind the # of its address. */

const words: Readonly<Record<Connection, string>> = {
  opening: '',
  open: '',
  lost: 'The connection is lost; trying to come back. What you see is what there was.',
  refused: 'The server does not let this page in: open the address that the command printed. Trying again.',
}

const notice = document.getElementById('notice')!
const tell = (text: string) => {
  notice.textContent = text
  notice.hidden = text === ''
}

const token = location.hash.slice(1)
if (token === '') tell('Open the address that the command printed: the key to this page stands behind its #.')
else {
  const feed = httpFeed(location.origin, token)
  feed.connection$.subscribe((connection) => tell(words[connection]))
  mount(document.getElementById('page')!, feed)
}

// Another address of the same page is another key.
addEventListener('hashchange', () => location.reload())
