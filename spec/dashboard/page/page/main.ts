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

/** As the screen has it, in numbers from 0 to 1. */
const painted = (colour: string): readonly number[] => {
  const context = document.createElement('canvas').getContext('2d', { colorSpace: 'srgb' })!
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return Array.from(context.getImageData(0, 0, 1, 1).data.subarray(0, 3), (value) => value / 255)
}

/** WCAG 2.2, relative luminance. */
const luminance = (colour: string): number =>
  painted(colour)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i]!, 0)

const contrast = (a: string, b: string): number => {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

const nameOf = (control: Element): string =>
  (
    control.getAttribute('aria-label') ??
    (control as Partial<HTMLInputElement>).labels?.[0]?.textContent ??
    control.textContent
  ).trim()

globalThis.madeUp = {
  mount: (options) => (shown = mount(document.getElementById('page')!, feed, options)),
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
  fail: (message) => events$.error(new Error(message)),
  contrasts: (grounds, ink) => {
    const { color } = getComputedStyle(document.querySelector(ink)!)
    const all = [...document.querySelectorAll(grounds)]
    return all.map((ground) => contrast(getComputedStyle(ground).backgroundColor, color))
  },
  colour: (selector, property) => getComputedStyle(document.querySelector(selector)!)[property],
  width: () => document.documentElement.scrollWidth,
  nameless: () =>
    [...document.querySelectorAll('button, input, summary, [tabindex], progress')]
      .filter((control) => nameOf(control) === '')
      .map((control) => control.outerHTML),
  focused: () => (document.activeElement === null ? '' : nameOf(document.activeElement)),
  get paints() {
    return paints
  },
}
