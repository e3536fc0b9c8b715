/** What the person at the page chose to see. */
export interface Choice {
  /** The run that the page is about. */
  readonly selected: number
  /** Runs that are not drawn beside it. */
  readonly hidden: ReadonlySet<number>
  readonly span: Span
}

/** Which steps the charts show. */
export type Span = 'whole run' | 'so far' | 'last 100'
export const spans: readonly Span[] = ['whole run', 'so far', 'last 100']

export const firstChoice: Choice = { selected: 0, hidden: new Set(), span: 'whole run' }

/** What was said of each choice stays where it is about nothing else. */
export const changeChoice = (choice: Choice, change: Partial<Choice>): Choice => ({ ...choice, ...change })

export const toggleRun = (hidden: ReadonlySet<number>, run: number): ReadonlySet<number> =>
  hidden.has(run) ? new Set([...hidden].filter((one) => one !== run)) : new Set([...hidden, run])

/** The first and last step in view, when so many are done and so many planned. */
export const stepRangeOf = (span: Span, done: number, planned: number): readonly [number, number] => {
  const last = Math.max(done - 1, 1)
  if (span === 'last 100') return [Math.max(0, last - 99), last]
  return [0, span === 'so far' ? last : Math.max(last, planned - 1)]
}
