import { httpFeed } from './http-feed.js'
import { mount } from './mount.js'

const token = location.hash.slice(1)
const notice = document.getElementById('notice')!
if (token === '') notice.textContent = 'Open the address that the command printed: it ends in the key to this page.'
else mount(document.getElementById('page')!, httpFeed(location.origin, token))
