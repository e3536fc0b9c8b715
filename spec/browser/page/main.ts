/** First module of the page. */
import { entry } from './entry.js'

declare const Worker: new (address: URL, options: { readonly type: 'module' }) => unknown

declare global {
  var startWorker: () => void
}

globalThis.entry = entry
globalThis.startWorker = () => {
  new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
}
