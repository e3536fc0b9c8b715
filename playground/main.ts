import * as E from 'fp-ts/lib/Either.js'
import { catchError, NEVER, Subscription } from 'rxjs'
import { mount } from '../dashboard/page/mount.js'
import { algorithms } from '../pipelines/algorithms/index.js'
import { algorithms, type Choices, ChoicesCodec, defaults } from './choices.js'
import { describeErrors } from '../lib/codec/describe-errors.js'
import { inWords } from './in-words.js'
import { workerFeed } from './worker-feed.js'
import type { Request } from './messages.js'

const byId = (id: string): HTMLElement => document.getElementById(id)!

const form = byId('choices') as HTMLFormElement
const field = (name: string) => form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement
const algorithm = field('algorithm') as HTMLSelectElement

const notice = (text: string, kind: 'word' | 'problem' = 'word'): void => {
  byId('notice').textContent = text
  byId('notice').className = kind
}

const fillIn = ({ from, to, engine, ...rest }: Choices): void => {
  algorithm.replaceChildren(...Object.keys(algorithms).map((name) => new Option(name)))
  const values = { ...rest, 'from.low': from.low, 'from.high': from.high, 'to.low': to.low, 'to.high': to.high }
  for (const [name, value] of Object.entries(values)) field(name).value = String(value)
  field('engine').value = engine
}

const chosen = () => {
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

/** A run in a worker of its own; unsubscribing ends both, wherever they are. */
const start = (choices: Choices): Subscription => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  const feed = workerFeed(worker)
  notice('Opening an engine and fetching what it needs: some 18 MB the first time.')
  // What there is of a run that failed stays.
  const events$ = feed.events$.pipe(
    catchError((error: unknown) => {
      notice(`The run failed: ${inWords(error)}`, 'problem')
      return NEVER
    }),
  )
  const running = mount(byId('run'), { ...feed, events$ })
  running.add(() => worker.terminate())
  void feed.engine.then((about) => notice(about))
  worker.postMessage({ ask: 'train', choices } satisfies Request)
  return running
}

let run = Subscription.EMPTY
form.addEventListener('submit', (submitted) => {
  submitted.preventDefault()
  const choices = chosen()
  if (E.isLeft(choices)) {
    notice(describeErrors(choices.left).join('; '), 'problem')
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
