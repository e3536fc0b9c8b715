import type { FeedEvent } from '../../../../dashboard/feed.js'
import type { RunCommand } from '../../../../lib/control/run-command.js'
import type { StepRollouts } from '../../../../lib/run/step-rollouts.js'

/** Feed that a test controls, and measurements of the page that shows it. */
export interface TestFeed {
  /** Shows the page. */
  mount(options: { readonly pictureMs: number }): void
  unmount(): void
  /** Emits events of the feed. */
  emit(...events: FeedEvent[]): void
  /** Emits the log lines of synthetic steps, in chunks as a server sends them. */
  emitSteps(run: number, from: number, to: number): void
  /** Ends the feed with an error. */
  fail(message: string): void
  /** Stores rollouts that the page can request. */
  keep(run: number, rollouts: StepRollouts): void
  /** Sets how the next commands are answered: accepted, refused with a reason, or only when `answer` is called. */
  answerWith(how: 'accepted' | 'later' | { readonly refused: string }): void
  answer(): void
  readonly commands: readonly { readonly run: number; readonly command: RunCommand }[]
  /** Contrast ratios (WCAG) of the colour of one element on the background of others. */
  contrasts(backgrounds: string, text: string): readonly number[]
  colour(selector: string, property: 'color' | 'backgroundColor'): string
  /** Width of the whole document, also beyond the screen. @units pixels */
  width(): number
  /** HTML of the controls without a name. */
  nameless(): readonly string[]
  /** Name of the control that has the focus. */
  focused(): string
  /** Number of charts painted since the page was opened. */
  readonly paints: number
}

declare global {
  var testFeed: TestFeed
}
