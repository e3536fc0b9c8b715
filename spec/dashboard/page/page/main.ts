import { ReplaySubject, type Subscription } from 'rxjs'
import type { Feed, FeedEvent } from '../../../../dashboard/feed.js'
import { mount } from '../../../../dashboard/page/mount.js'
import type { StepRollouts } from '../../../../lib/run/step-rollouts.js'
import { metricsLine, secondsLine } from '../../lines.js'
import type { TestFeed } from './test-feed.js'

const events$ = new ReplaySubject<FeedEvent>(Infinity)
const kept = new Map<string, StepRollouts>()
const commands: TestFeed['commands'][number][] = []
const requests: number[] = []
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
  rollouts: (run, step) => {
    requests.push(step)
    return Promise.resolve(kept.get(`${run}/${step}`) ?? null)
  },
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

const readCanvas = (title: string) => {
  const chart = [...document.querySelectorAll('.chart')].find((one) => one.querySelector('h2')!.textContent === title)
  const canvas = chart!.querySelector('canvas')!
  const { width, height } = canvas
  return { width, at: canvas.getContext('2d')!.getImageData(0, 0, width, height).data }
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

const printed: TestFeed['printed'][number][] = []
matchMedia('print').addEventListener('change', ({ matches }) => {
  if (!matches) return
  const canvases = [...document.querySelectorAll('canvas')].map(({ width }) => width / devicePixelRatio)
  printed.push({ page: document.querySelector('.live')!.clientWidth, canvases })
})

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
  emitNoise: (run, from, to, nats) => {
    const lines = Array.from({ length: to - from }, (_, i) => {
      const line = metricsLine(from + i)
      const jump = (((from + i) * 0.618034) % 1) - 0.5
      return { ...line, entropy: (line.low + line.high) / 2 + 2 * nats * jump }
    })
    emit({ event: 'log', run, log: 'metrics', lines })
  },
  keep: (run, rollouts) => kept.set(`${run}/${rollouts.step}`, rollouts),
  answerWith: (how) => (answering = how),
  answer: () => {
    for (const answer of waiting) answer()
    waiting = []
  },
  commands,
  requests,
  fail: (message) => events$.error(new Error(message)),
  contrasts: (backgrounds, text) => {
    const { color } = getComputedStyle(document.querySelector(text)!)
    const all = [...document.querySelectorAll(backgrounds)]
    return all.map((background) => contrast(getComputedStyle(background).backgroundColor, color))
  },
  pixels: (title, colour) => {
    const { width, at } = readCanvas(title)
    const probe = document.getElementById('page')!.appendChild(document.createElement('i'))
    probe.style.color = `var(--${colour})`
    const wanted = rgbOf(getComputedStyle(probe).color)
    probe.remove()
    const found: (readonly [number, number])[] = []
    for (let i = 0; i < at.length; i += 4)
      if (wanted.every((value, part) => Math.abs(at[i + part]! / 255 - value) < 0.02))
        found.push([((i / 4) % width) / devicePixelRatio, Math.floor(i / 4 / width) / devicePixelRatio])
    return found
  },
  yellowShare: (title) => {
    const { at } = readCanvas(title)
    let count = 0
    for (let i = 0; i < at.length; i += 4) if (at[i + 3]! > 0 && at[i]! - at[i + 2]! > 25) count++
    return (4 * count) / at.length
  },
  looks: (samples) =>
    [...document.querySelectorAll<SVGElement>(samples)].map(
      (sample) =>
        `${sample.style.getPropertyValue('--swatch')} ${sample.firstElementChild!.getAttribute('stroke-dasharray')}`,
    ),
  cropped: () =>
    [...document.querySelectorAll('.chart:not([hidden])')].flatMap((chart) => {
      const [card, canvas] = [chart.getBoundingClientRect(), chart.querySelector('canvas')]
      const title = chart.querySelector('h2')!.textContent
      if (canvas === null) return [`${title}: not drawn`]
      const { left, right, top, bottom, width } = canvas.getBoundingClientRect()
      const isWhole = left >= card.left && right <= card.right && top >= card.top && bottom <= card.bottom
      const isScaled = Math.abs(canvas.width / devicePixelRatio - width) > 1
      return isWhole && !isScaled ? [] : [`${title}: ${canvas.width} in ${width}`]
    }),
  printed,
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
