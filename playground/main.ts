import * as E from 'fp-ts/lib/Either.js'
import {
  BehaviorSubject,
  catchError,
  combineLatest,
  concat,
  fromEvent,
  map,
  NEVER,
  type Observable,
  of,
  startWith,
  Subscription,
  tap,
} from 'rxjs'
import type { FeedEvent } from '../dashboard/feed.js'
import { mount } from '../dashboard/page/mount.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { isOver, type RunState } from '../lib/control/run-state.js'
import { algorithms } from '../pipelines/algorithms/index.js'
import { type Choices, ChoicesCodec, defaults, offeredAlgorithms, offeredEngines } from './choices.js'
import { errorText } from './error-text.js'
import { failureText, RunFailure } from './run-failure.js'
import { silence } from './silence.js'
import { workerFeed } from './worker-feed.js'
import type { Request } from './messages.js'

const byId = (id: string): HTMLElement => document.getElementById(id)!

const form = byId('choices') as HTMLFormElement
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement
const algorithm = field('algorithm') as HTMLSelectElement

const showNotice = (text: string, kind: 'information' | 'problem' = 'information'): void => {
  byId('notice').textContent = text
  byId('notice').className = kind
}

const fillIn = ({ from, to, engine, ...rest }: Choices): void => {
  algorithm.replaceChildren(...Object.keys(offeredAlgorithms).map((name) => new Option(name)))
  const values = { ...rest, 'from.low': from.low, 'from.high': from.high, 'to.low': to.low, 'to.high': to.high }
  for (const [name, value] of Object.entries(values)) field(name).value = String(value)
  field('engine').value = engine
}

const readForm = () => {
  const number = (name: string) => (field(name).value === '' ? null : Number(field(name).value))
  return ChoicesCodec.decode({
    algorithm: algorithm.value,
    from: { low: number('from.low'), high: number('from.high') },
    to: { low: number('to.low'), high: number('to.high') },
    seed: number('seed'),
    steps: number('steps'),
    prompts: number('prompts'),
    engine: field('engine').value,
  })
}

const describeAlgorithm = (): void => {
  byId('about').textContent = algorithms[algorithm.value as Choices['algorithm']].about
}

/** Buttons under the notice that start another run after a failure. */
const remedies = document.createElement('p')
remedies.id = 'remedies'
byId('notice').after(remedies)

const offerRemedies = (engine: Choices['engine']): void => {
  const button = (text: string, name: string) => {
    const element = document.createElement('button')
    element.type = 'button'
    element.textContent = text
    element.addEventListener('click', () => {
      field('engine').value = name
      form.requestSubmit()
    })
    return element
  }
  const others = Object.keys(offeredEngines).filter((name) => name !== engine)
  remedies.replaceChildren(
    ...others.map((name) => button(`Start with ${engineLabel(name)}`, name)),
    button('Try again', engine),
  )
}

const engineLabel = (name: string): string =>
  [...(field('engine') as HTMLSelectElement).options].find(({ value }) => value === name)!.text

const showFailure = (error: unknown, { engine }: Choices): void => {
  showNotice(failureText(error, engineLabel(engine)), 'problem')
  offerRemedies(engine)
}

/** @errors RunFailure if the browser forbids the worker */
const startWorker = (): Worker => {
  try {
    return new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  } catch (error) {
    throw new RunFailure('worker', errorText(error))
  }
}

/** Starts a run in a new worker. Unsubscribing ends the run and the worker at any time. */
const start = (choices: Choices): Subscription => {
  remedies.replaceChildren()
  showNotice('Opening an engine and downloading its files: the first time about 4 MB, or 18 MB without a GPU.')
  try {
    return follow(startWorker(), choices)
  } catch (error) {
    showFailure(error, choices)
    return Subscription.EMPTY
  }
}

const follow = (worker: Worker, choices: Choices): Subscription => {
  const feed = workerFeed(worker)
  const run = new Subscription(() => worker.terminate())
  const state$ = new BehaviorSubject<RunState | null>(null)
  const fail = (error: unknown): Observable<FeedEvent> => {
    showFailure(error, choices)
    worker.terminate()
    // Without a run there is nothing to show. The charts of a run that failed stay: NEVER leaves them mounted.
    if (state$.value === null) {
      run.unsubscribe()
      return NEVER
    }
    const state: RunState = isOver(state$.value) ? state$.value : { ...state$.value, status: 'failed' }
    state$.next(state)
    return concat(of<FeedEvent>({ event: 'state', run: 0, state }), NEVER)
  }
  const events$ = feed.events$.pipe(
    tap((event) => {
      if (event.event === 'state') state$.next(event.state)
    }),
    catchError(fail),
  )
  run.add(mount(byId('run'), { ...feed, events$ }))
  run.add(silence(feed.signs$, isAwaited(state$), SILENT_MS).subscribe(showSilence(choices)))
  run.add(feed.engine$.subscribe((about) => showNotice(about)))
  worker.postMessage({ type: 'train', choices } satisfies Request)
  return run
}

/** Time after which the page says that it hears nothing from the worker. @units ms */
const SILENT_MS = 60_000

/** Emits whether the worker should send messages: not while the run is paused or over, nor while the tab is hidden. */
const isAwaited = (state$: Observable<RunState | null>): Observable<boolean> =>
  combineLatest([state$, fromEvent(document, 'visibilitychange').pipe(startWith(null))]).pipe(
    map(([state]) => !document.hidden && (state === null || (state.status !== 'paused' && !isOver(state)))),
  )

/** Shows that the worker is silent, and takes it back when the worker sends a message. */
const showSilence = ({ engine }: Choices) => {
  let before: string | null = null
  return (isSilent: boolean): void => {
    if (isSilent) {
      before = byId('notice').textContent
      showNotice(
        `The worker of this page has sent nothing for ${SILENT_MS / 1000} seconds. It may still compute, or the browser has ended it, for example for lack of memory.`,
        'problem',
      )
      offerRemedies(engine)
    } else if (before !== null) {
      showNotice(before)
      remedies.replaceChildren()
      before = null
    }
  }
}

let run = Subscription.EMPTY
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const choices = readForm()
  if (E.isLeft(choices)) {
    showNotice(describeErrors(choices.left).join('; '), 'problem')
    return
  }
  run.unsubscribe()
  run = start(choices.right)
  form.querySelector('button')!.textContent = 'Start again'
  byId('notice').scrollIntoView()
})
algorithm.addEventListener('change', describeAlgorithm)
fillIn(defaults)
describeAlgorithm()
