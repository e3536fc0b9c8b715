import {
  BehaviorSubject,
  combineLatest,
  distinctUntilChanged,
  filter,
  map,
  Subject,
  type Subscription,
  switchMap,
  throttleTime,
  asyncScheduler,
} from 'rxjs'
import type { Drift } from '../../lib/entropy/band.js'
import type { Rollout, StepRollouts } from '../../lib/run/step-rollouts.js'
import type { Feed } from '../feed.js'
import { heat, topOf } from '../view/heat.js'
import { printable } from '../view/printable.js'
import { verdict } from '../view/verdict.js'
import { done, type RunView } from '../view/view.js'
import { fixed, signed } from '../view/words.js'
import { element, setText } from './element.js'
import type { Page } from './page.js'

/** The latest rollouts are asked for at most this often. */
const ASK_EVERY_MS = 5000

/** Some rollouts of a step, the latest or one that a person chose. */
export const rolloutTable = (page: Page, feed: Feed) => {
  const chooser = stepChooser(page)
  const words = element('p', { class: 'note', role: 'status' }, 'None yet.')
  const body = element('tbody', { role: 'rowgroup' })
  const scale = scaleOf()
  const heading = element('h2', { id: page.identifier('rollouts') }, 'Rollouts')
  const table = element('table', { role: 'table', 'aria-labelledby': heading.id, hidden: '' }, columnHeads(), body)
  const section = element(
    'section',
    { class: 'card rollouts', 'aria-labelledby': heading.id },
    element('header', {}, heading, chooser.element, scale.element),
    words,
    table,
  )
  const run$ = new Subject<RunView & { readonly place: number }>()
  let run: RunView | undefined

  const put = (...rows: HTMLElement[]) => {
    body.replaceChildren(...rows)
    table.hidden = rows.length === 0
  }
  const fill = (asked: number, found: StepRollouts | null) => {
    if (found === null) {
      setText(
        words,
        `No rollouts were kept of step ${asked}.${body.childElementCount > 0 && chooser.follows() ? ' These are older.' : ''}`,
      )
      if (!chooser.follows()) put()
      return
    }
    const top = topOf(found.rollouts)
    scale.show(top)
    setText(words, `Step ${found.step}: ${found.rollouts.length} of its rollouts.`)
    const line = run?.logs.metrics.lines.items.find(({ step }) => step === found.step)
    put(...found.rollouts.map((rollout) => row(rollout, top, line?.drift)))
  }
  const asked$ = combineLatest([run$, chooser.step$]).pipe(
    map(([run, step]) => ({ place: run.place, name: run.info.name, step: step ?? done(run) - 1 })),
    filter(({ step }) => step >= 0),
    distinctUntilChanged((a, b) => a.place === b.place && a.name === b.name && a.step === b.step),
    throttleTime(ASK_EVERY_MS, asyncScheduler, { leading: true, trailing: true }),
  )
  const subscription: Subscription = asked$
    .pipe(
      switchMap(async ({ place, step }) => {
        try {
          const found = await feed.rollouts(place, step)
          return () => fill(step, found)
        } catch (error) {
          return () =>
            setText(words, `Step ${step} could not be read: ${error instanceof Error ? error.message : String(error)}`)
        }
      }),
    )
    .subscribe((show) => show())
  return {
    element: section,
    show: (now: RunView, place: number) => {
      run = now
      chooser.limit(Math.max(0, done(now) - 1))
      run$.next({ ...now, place })
    },
    close: () => subscription.unsubscribe(),
  }
}

const columns = ['Prompt', 'Completion', 'Reward', 'Advantage', 'Verdict'] as const

const columnHeads = () =>
  element(
    'thead',
    { role: 'rowgroup' },
    element(
      'tr',
      { role: 'row' },
      ...columns.map((name) => element('th', { scope: 'col', role: 'columnheader' }, name)),
    ),
  )

const row = (rollout: Rollout, top: number, drift: Drift | undefined): HTMLElement => {
  const cell = (name: (typeof columns)[number], ...children: (Node | string)[]) =>
    element('td', { role: 'cell', 'data-name': name, class: name.toLowerCase() }, ...children)
  const { prompt, advantage, accepted } = rollout
  return element(
    'tr',
    { role: 'row' },
    cell('Prompt', element('div', { class: 'text', dir: 'auto' }, printable(prompt))),
    cell('Completion', completion(rollout, top)),
    cell('Reward', element('div', {}, ...judgement(rollout))),
    cell('Advantage', advantage === null ? '–' : signed(advantage, 2)),
    cell('Verdict', element('span', { class: accepted ? 'accepted' : 'rejected' }, verdict(rollout, drift))),
  )
}

const judgement = ({ reward, correct, fault }: Rollout): readonly (Node | string)[] => [
  element('span', { class: correct ? 'right' : 'wrong', 'aria-hidden': 'true' }, correct ? '✓ ' : '✗ '),
  element('span', { class: 'unseen' }, correct ? 'correct, ' : 'wrong, '),
  fixed(reward, 2),
  ...(fault === null ? [] : [element('small', {}, printable(fault))]),
]

/** One span for each token, as warm as its entropy. */
const completion = ({ tokens, entropy, finish }: Rollout, top: number): HTMLElement => {
  const spans = tokens.map((token, i) => {
    const nats = entropy[i] ?? 0
    const text = printable(token)
    const span = element(
      'span',
      { class: text === '' ? 'token empty' : 'token', title: `${fixed(nats)} nats` },
      text === '' ? '·' : text,
    )
    span.style.setProperty('--heat', heat(nats, top).toFixed(3))
    return span
  })
  const most = entropy.length === 0 ? -1 : entropy.indexOf(Math.max(...entropy))
  const mean = entropy.reduce((sum, nats) => sum + nats, 0) / Math.max(1, entropy.length)
  const spoken =
    most < 0
      ? 'no tokens'
      : `entropy ${fixed(mean)} nats per token, highest ${fixed(entropy[most])} at “${printable(tokens[most] ?? '')}”`
  return element(
    'div',
    {},
    element('div', { class: 'text', dir: 'auto' }, ...spans),
    element(
      'small',
      {},
      `${tokens.length} tokens${finish === 'length' ? ', cut at the limit' : ''}; mean ${fixed(mean)} nats`,
    ),
    element('span', { class: 'unseen' }, spoken),
  )
}

/** What the colours of tokens mean. */
const scaleOf = () => {
  const top = element('span')
  const ramp = element('i', { class: 'ramp', 'aria-hidden': 'true' })
  ramp.append(
    ...Array.from({ length: 9 }, (_, i) => {
      const step = element('i')
      step.style.setProperty('--heat', String(i / 8))
      return step
    }),
  )
  const box = element('span', { class: 'scale', hidden: '' }, 'token entropy 0', ramp, top)
  return {
    element: box,
    show: (nats: number) => {
      box.hidden = false
      setText(top, `${fixed(nats, 1)} nats`)
    },
  }
}

/** The latest step, or one that a person chose; null is the latest. */
const stepChooser = (page: Page) => {
  const step$ = new BehaviorSubject<number | null>(null)
  const latest = element('input', { type: 'checkbox', id: page.identifier('latest') })
  latest.checked = true
  const slider = element('input', {
    type: 'range',
    min: '0',
    max: '0',
    value: '0',
    'aria-label': 'Step of the rollouts',
  })
  const number = element('input', {
    type: 'number',
    min: '0',
    max: '0',
    value: '0',
    'aria-label': 'Step of the rollouts, as a number',
  })
  let last = 0
  const put = (step: number) => (slider.value = number.value = String(step))
  const choose = (value: string) => {
    const step = Math.min(Math.max(0, Math.round(Number(value))), last)
    latest.checked = false
    put(step)
    step$.next(step)
  }
  slider.addEventListener('input', () => choose(slider.value))
  number.addEventListener('change', () => choose(number.value))
  latest.addEventListener('change', () => {
    if (latest.checked) put(last)
    step$.next(latest.checked ? null : Number(slider.value))
  })
  return {
    element: element(
      'span',
      { class: 'chooser' },
      element('label', { for: latest.id }, latest, ' latest'),
      slider,
      number,
    ),
    step$,
    follows: () => step$.value === null,
    limit: (now: number) => {
      last = now
      slider.max = number.max = String(now)
      if (step$.value === null) put(now)
    },
  }
}
