import type { FeedEvent } from '../../../../dashboard/feed.js'
import type { RunCommand } from '../../../../lib/control/run-command.js'
import type { StepRollouts } from '../../../../lib/run/step-rollouts.js'

/** A feed in the hands of a test: what the page is told, and what it asked. */
export interface MadeUp {
  /** Shows the page, or what is left of it when it is taken away. */
  mount(options: { readonly pictureMs: number }): void
  unmount(): void
  tell(...events: FeedEvent[]): void
  /** So many steps of a made-up run, in chunks as a server sends them. */
  tellSteps(run: number, from: number, to: number): void
  /** Ends the feed with an error. */
  fail(message: string): void
  keep(run: number, rollouts: StepRollouts): void
  /** What the next commands are answered with: taken, refused with these words, or not answered until `answer`. */
  answerWith(what: 'taken' | 'later' | { readonly refused: string }): void
  answer(): void
  readonly commands: readonly { readonly run: number; readonly command: RunCommand }[]
  /** How well the ink of one kind of element can be read on the ground of another, for each of these: WCAG's ratio. */
  contrasts(grounds: string, ink: string): readonly number[]
  colour(selector: string, property: 'color' | 'backgroundColor'): string
  /** Of all there is, also beyond the screen. @units pixels */
  width(): number
  /** Controls without a name. */
  nameless(): readonly string[]
  /** The name of the control that has the focus. */
  focused(): string
  /** Charts painted since the page was opened. */
  readonly paints: number
}

declare global {
  var madeUp: MadeUp
}
