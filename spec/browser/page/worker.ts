/** First module of the worker. */
import { entry } from './entry.js'

globalThis.entry = entry
