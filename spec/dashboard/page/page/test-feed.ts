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
  /** Emits metrics of steps whose entropy jumps by up to `nats` around the middle of the band. */
  emitNoise(run: number, from: number, to: number, nats: number): void
  /** Ends the feed with an error. */
  fail(message: string): void
  /** Stores rollouts that the page can request. */
  keep(run: number, rollouts: StepRollouts): void
  /** Sets how the next commands are answered: accepted, refused with a reason, or only when `answer` is called. */
  answerWith(how: 'accepted' | 'later' | { readonly refused: string }): void
  answer(): void
  /** Requests for rollouts: the steps, in order. */
  readonly requests: readonly number[]
  readonly commands: readonly { readonly run: number; readonly command: RunCommand }[]
  /** Contrast ratios (WCAG) of the colour of one element on the background of others. */
  contrasts(backgrounds: string, text: string): readonly number[]
  /** Places of the pixels of a colour of the style sheet in the chart with a title. @units CSS pixels from the corner of the canvas */
  pixels(title: string, colour: string): readonly (readonly [x: number, y: number])[]
  /** Share of the pixels of a chart that are nearer to yellow than to blue, as the band is. */
  yellowShare(title: string): number
  /** Colour and dashes of each sample of a line. */
  looks(samples: string): readonly string[]
  /** Charts that leave their card, or whose canvas is scaled. */
  cropped(): readonly string[]
  /** Widths of the page and of all canvases, each time that the page is laid out for print. @units CSS pixels */
  readonly printed: readonly { readonly page: number; readonly canvases: readonly number[] }[]
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
