/** Number of colours of the style sheet for runs. No other curve has one of them. */
const COLOURS = 6

/** Look of the curves of a run. No two runs have the same. */
export interface RunStyle {
  /** Name of a colour of the style sheet, without its dashes. */
  readonly colour: string
  readonly dash?: readonly number[]
}

/** Returns the look of a run in a chart that has no other curves. After the last colour, the colours come again with dashes. */
export const runStyleOf = (run: number): RunStyle => styleOf(run, Math.floor(run / COLOURS))

/** Returns the look of a run beside the curves of the selected run, which are solid: it has dashes. */
export const comparedStyleOf = (run: number): RunStyle => styleOf(run, Math.floor(run / COLOURS) + 1)

const styleOf = (run: number, dots: number): RunStyle => ({
  colour: `run-${run % COLOURS}`,
  ...(dots === 0 ? {} : { dash: dashWithDots(dots - 1) }),
})

/** A long dash, and after it as many dots. @units pixels */
const dashWithDots = (dots: number): readonly number[] => [9, 3, ...Array.from({ length: dots }, () => [2, 3]).flat()]
