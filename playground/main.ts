import * as E from 'fp-ts/lib/Either.js'
import { catchError, NEVER, Subscription } from 'rxjs'
import { mount } from '../dashboard/page/mount.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { algorithms } from '../pipelines/algorithms/index.js'
import { type Choices, ChoicesCodec, defaults, offeredAlgorithms } from './choices.js'
import { errorText } from './error-text.js'
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

/** Starts a run in a new worker. Unsubscribing ends the run and the worker at any time. */
const start = (choices: Choices): Subscription => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const feed = workerFeed(worker)
  showNotice('Opening an engine and downloading its files: about 18 MB the first time.')
  // The page keeps the charts of a run that failed: NEVER leaves them mounted.
  const events$ = feed.events$.pipe(
    catchError((error: unknown) => {
      showNotice(`The run failed: ${errorText(error)}`, 'problem')
      return NEVER
    }),
  )
  const run = mount(byId('run'), { ...feed, events$ })
  run.add(() => worker.terminate())
  void feed.engine.then((about) => showNotice(about))
  worker.postMessage({ type: 'train', choices } satisfies Request)
  return run
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
