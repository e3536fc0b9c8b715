import { ReplaySubject, type Subscription } from 'rxjs'
import type { Feed, FeedEvent } from '../../../../dashboard/feed.js'
import { mount } from '../../../../dashboard/page/mount.js'
import type { StepRollouts } from '../../../../lib/run/step-rollouts.js'
import { metricsLine, secondsLine } from '../../lines.js'
import type { MadeUp } from './made-up.js'

const events$ = new ReplaySubject<FeedEvent>(Infinity)
const kept = new Map<string, StepRollouts>()
const commands: MadeUp['commands'][number][] = []
let answering: Parameters<MadeUp['answerWith']>[0] = 'taken'
let waiting: (() => void)[] = []
let paints = 0
let shown: Subscription | undefined

// A chart that is painted clears its canvas first.
// eslint-disable-next-line @typescript-eslint/unbound-method
CanvasRenderingContext2D.prototype.clearRect = new Proxy(CanvasRenderingContext2D.prototype.clearRect, {
  apply: (clearRect, canvas, area) => {
    paints++
    Reflect.apply(clearRect, canvas, area)
  },
})

const feed: Feed = {
  events$,
  rollouts: (run, step) => Promise.resolve(kept.get(`${run}/${step}`) ?? null),
  command: (run, command) => {
    commands.push({ run, command })
    if (typeof answering === 'object') return Promise.reject(new Error(answering.refused))
    return answering === 'taken' ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
  },
}

const tell = (...events: FeedEvent[]) => events.forEach((event) => events$.next(event))
const CHUNK = 500

globalThis.madeUp = {
  mount: () => (shown = mount(document.getElementById('page')!, feed)),
  unmount: () => shown?.unsubscribe(),
  tell,
  tellSteps: (run, from, to) => {
    for (let first = from; first < to; first += CHUNK) {
      const steps = Array.from({ length: Math.min(CHUNK, to - first) }, (_, i) => first + i)
      tell({ event: 'log', run, log: 'metrics', lines: steps.map((step) => metricsLine(step)) })
      tell({ event: 'log', run, log: 'timings', lines: steps.map((step) => secondsLine(step)) })
    }
  },
  keep: (run, rollouts) => kept.set(`${run}/${rollouts.step}`, rollouts),
  answerWith: (what) => (answering = what),
  answer: () => {
    for (const answer of waiting) answer()
    waiting = []
  },
  commands,
  get paints() {
    return paints
  },
}
