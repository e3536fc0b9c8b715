import MiniSearch from 'minisearch'
import { catchError, combineLatest, defer, EMPTY, fromEvent, map, type Observable, startWith } from 'rxjs'
import { errorText } from './error-text.js'
import { type SearchEntry, type SearchHit, searchOptions } from './search-options.js'

const MOST = 40

const field = document.querySelector<HTMLInputElement>('input[type=search]')!
const status = document.getElementById('count')!
const list = document.getElementById('results')!

const index$: Observable<MiniSearch<SearchEntry>> = defer(async () => {
  const response = await fetch('search-index.json')
  if (!response.ok) throw new Error(`search-index.json: found status ${response.status}, expected the search index`)
  return MiniSearch.loadJSON<SearchEntry>(await response.text(), searchOptions)
})

const query$ = fromEvent(field, 'input').pipe(
  startWith(null),
  map(() => field.value.trim()),
)

/** Entries with all words of the query; if there are none, entries with some of them. */
const search = (index: MiniSearch<SearchEntry>, query: string): readonly SearchHit[] => {
  const hits = index.search(query)
  const found = hits.length > 0 ? hits : index.search(query, { combineWith: 'OR' })
  return found as readonly object[] as readonly SearchHit[]
}

const resultOf = ({ id, title, place, excerpt }: SearchHit): HTMLElement => {
  const link = Object.assign(document.createElement('a'), { href: id, textContent: title })
  const where = Object.assign(document.createElement('small'), { textContent: place })
  const text = Object.assign(document.createElement('p'), { textContent: excerpt })
  const item = document.createElement('li')
  item.append(link, ' ', where, text)
  return item
}

const show = (query: string, hits: readonly SearchHit[]): void => {
  list.replaceChildren(...hits.slice(0, MOST).map(resultOf))
  const first = hits.length > MOST ? `, the first ${MOST} are shown` : ''
  status.textContent =
    query === ''
      ? 'Type the name of an export, or words of a guide.'
      : `${hits.length} ${hits.length === 1 ? 'result' : 'results'}${first}`
  history.replaceState(null, '', query === '' ? location.pathname : `?q=${encodeURIComponent(query)}`)
}

/** The arrow keys move through the field and the results. */
const moveFocus = (event: KeyboardEvent): void => {
  const stops = [field, ...list.querySelectorAll('a')]
  const at = stops.indexOf(document.activeElement as HTMLAnchorElement)
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key]
  if (at === -1 || to === undefined || stops[to] === undefined) return
  event.preventDefault()
  stops[to].focus()
}

field.form!.addEventListener('submit', (event) => {
  event.preventDefault()
  list.querySelector('a')?.click()
})
document.addEventListener('keydown', moveFocus)
field.value = new URLSearchParams(location.search).get('q') ?? ''
field.focus()

combineLatest([index$, query$])
  .pipe(
    catchError((error: unknown) => {
      status.textContent = `The search failed: ${errorText(error)}`
      status.className = 'problem'
      return EMPTY
    }),
  )
  .subscribe(([index, query]) => show(query, query === '' ? [] : search(index, query)))
