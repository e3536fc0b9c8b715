/** Runs and steps that the user has chosen to see. */
export interface Choice {
  /** Index of the run that the page is about. */
  readonly selected: number
  /** Indices of the runs that are not drawn beside it. */
  readonly hidden: ReadonlySet<number>
  readonly span: Span
}

/** Steps that the charts show. */
export type Span = 'whole run' | 'so far' | 'last 100'
export const spans: readonly Span[] = ['whole run', 'so far', 'last 100']

export const firstChoice: Choice = { selected: 0, hidden: new Set(), span: 'whole run' }

/** Replaces some fields of a choice. */
export const changeChoice = (choice: Choice, change: Partial<Choice>): Choice => ({ ...choice, ...change })

/** Returns whether the charts draw a run. The selected run is always drawn. */
export const isRunDrawn = ({ selected, hidden }: Choice, run: number): boolean => run === selected || !hidden.has(run)

/** Hides a run, or shows it if it is hidden. */
export const toggleRun = (hidden: ReadonlySet<number>, run: number): ReadonlySet<number> =>
  hidden.has(run) ? new Set([...hidden].filter((other) => other !== run)) : new Set([...hidden, run])

/** Returns the numbers of the first and last step that a span shows, given the number of finished and of planned steps. */
export const stepRangeOf = (span: Span, done: number, planned: number): readonly [number, number] => {
  const last = Math.max(done, 2)
  if (span === 'last 100') return [Math.max(1, last - 99), last]
  return [1, span === 'so far' ? last : Math.max(last, planned)]
}
