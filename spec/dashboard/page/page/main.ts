import { ReplaySubject, type Subscription } from 'rxjs'
import type { Feed, FeedEvent } from '../../../../dashboard/feed.js'
import { mount } from '../../../../dashboard/page/mount.js'
import type { StepRollouts } from '../../../../lib/run/step-rollouts.js'
import { metricsLine, secondsLine } from '../../lines.js'
import type { TestFeed } from './test-feed.js'

const events$ = new ReplaySubject<FeedEvent>(Infinity)
const kept = new Map<string, StepRollouts>()
const commands: TestFeed['commands'][number][] = []
let answering: Parameters<TestFeed['answerWith']>[0] = 'accepted'
let waiting: (() => void)[] = []
let paints = 0
let shown: Subscription | undefined

// Painting a chart begins with clearing its canvas.
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
    return answering === 'accepted' ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))
  },
}

const emit = (...events: FeedEvent[]) => events.forEach((event) => events$.next(event))
const CHUNK = 500

/** Red, green and blue of a CSS colour, from 0 to 1. */
const rgbOf = (colour: string): readonly number[] => {
  const context = document.createElement('canvas').getContext('2d', { colorSpace: 'srgb' })!
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return Array.from(context.getImageData(0, 0, 1, 1).data.subarray(0, 3), (value) => value / 255)
}

/** WCAG 2.2, relative luminance. */
const luminance = (colour: string): number =>
  rgbOf(colour)
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

globalThis.testFeed = {
  mount: (options) => (shown = mount(document.getElementById('page')!, feed, options)),
  unmount: () => shown?.unsubscribe(),
  emit,
  emitSteps: (run, from, to) => {
    for (let first = from; first < to; first += CHUNK) {
      const steps = Array.from({ length: Math.min(CHUNK, to - first) }, (_, i) => first + i)
      emit({ event: 'log', run, log: 'metrics', lines: steps.map((step) => metricsLine(step)) })
      emit({ event: 'log', run, log: 'timings', lines: steps.map((step) => secondsLine(step)) })
    }
  },
  keep: (run, rollouts) => kept.set(`${run}/${rollouts.step}`, rollouts),
  answerWith: (how) => (answering = how),
  answer: () => {
    for (const answer of waiting) answer()
    waiting = []
  },
  commands,
  fail: (message) => events$.error(new Error(message)),
  contrasts: (backgrounds, text) => {
    const { color } = getComputedStyle(document.querySelector(text)!)
    const all = [...document.querySelectorAll(backgrounds)]
    return all.map((background) => contrast(getComputedStyle(background).backgroundColor, color))
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
