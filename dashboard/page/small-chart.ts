import { type Choice, stepRangeOf } from '../view/choice.js'
import type { Figure } from '../view/figures.js'
import { tableFollower } from '../view/table.js'
import { countSteps, type RunView, type View } from '../view/view.js'
import { type Chart, createChart } from './chart.js'
import type { Page } from './page.js'
import { colourOfRun } from './run-bar.js'

const HEIGHT = 180

/** One figure of the run that the page is about; of the others in view what can be compared. */
export const createSmallChart = (page: Page, figure: Figure, runs: readonly RunView[], choice: Choice) => {
  const compared = figure.curves.filter((curve) => curve.compared)
  const others = runs.flatMap((_, run) => (run === choice.selected || choice.hidden.has(run) ? [] : [run]))
  const inView = [choice.selected, ...others]
  const own = tableFollower(figure.curves)
  const theirs = others.map((run) => ({ run, table: tableFollower(compared) }))
  let view: View = { runs }
  let span = choice.span
  const selected = () => view.runs[choice.selected]!
  const range = () =>
    stepRangeOf(
      span === 'whole run' ? 'so far' : span,
      Math.max(...inView.map((run) => countSteps(view.runs[run]!))),
      0,
    )
  const made: Chart = createChart({
    ...figure,
    curves: [
      ...figure.curves,
      ...others.flatMap((run) =>
        compared.map(({ label }) => ({
          label: `${runs[run]!.info.name}: ${label}`,
          colour: colourOfRun(run),
          kind: 'line' as const,
          dash: true,
        })),
      ),
    ],
    height: HEIGHT,
    range,
    palette: page.palette,
    identifier: page.identifier,
  })
  return {
    ...made,
    show: (now: View, chosen: Choice) => {
      view = now
      span = chosen.span
      made.draw(() => {
        const tables = [own(selected()), ...theirs.map(({ run, table }) => table(now.runs[run]!))]
        const longest = tables.reduce((a, b) => (b.steps.length > a.steps.length ? b : a))
        const key = [...tables.map(({ revision }) => revision), ...range()].join()
        return { steps: longest.steps, columns: tables.flatMap(({ columns }) => columns), key }
      })
    },
  }
}
