import type { Layer } from './panel/panel.js'

/**
 * Colours that colour-blind readers can distinguish, found by a search near the palette of Okabe and Ito, some of whose pairs
 * they cannot.
 */
export const colours = ['#1255d0', '#ba3e00', '#17c4ad', '#683459', '#000000', '#dc9a08', '#9c90ff', '#787269']
/** Dash patterns that keep curves distinguishable in greyscale print. */
export const dashes = [
  [1, 0],
  [4, 2],
  [1, 1.5],
  [6, 1.5, 1, 1.5],
  [8, 3],
  [2, 2],
  [4, 1, 1, 1, 1, 1],
  [3, 4],
]

/** Average width of a letter. @units points */
const LETTER = 4.5
/** Length of the line sample before a name. @units points */
const SAMPLE = 18
/** Space between sample and name. @units points */
const SPACE = 4
/** Height of a row. @units points */
const ROW = 11

/** Legend of a figure. */
export interface Legend {
  /** @units points */
  readonly height: number
  /** Returns the layers of the legend relative to the corner of a panel. The legend ends `above` points over the panel. */
  readonly layers: (above: number) => readonly Layer[]
}

/** Lays out the names of curves in as many columns as fit the width, because Vega's legend overestimates text widths. @units points */
export const legendOf = (names: readonly string[], width: number): Legend => {
  const column = SAMPLE + SPACE + LETTER * Math.max(...names.map(({ length }) => length)) + 2 * SPACE
  const columns = Math.max(1, Math.min(names.length, Math.floor(width / column)))
  const height = ROW * Math.ceil(names.length / columns)
  const place = (i: number, above: number) => ({
    x: column * (i % columns),
    y: ROW * Math.floor(i / columns) - above - height + ROW / 2,
  })
  return {
    height,
    layers: (above) =>
      names.flatMap((name, i) => {
        const { x, y } = place(i, above)
        return [sample(x, y, i), text(name, x + SAMPLE + SPACE, y + 2.5, { fontSize: 7 })]
      }),
  }
}

const sample = (x: number, y: number, i: number): Layer => ({
  data: { values: [{}] },
  mark: { type: 'rule', strokeWidth: 1.4, strokeDash: dashes[i]! },
  encoding: { x: { value: x }, x2: { value: x + SAMPLE }, y: { value: y }, color: { value: colours[i]! } },
})

/** Text layer with its baseline at a point. @units points from the corner of a panel */
export const text = (
  content: string,
  x: number,
  y: number,
  style: { readonly fontSize: number; readonly fontWeight?: 'bold' },
): Layer => ({
  data: { values: [{}] },
  mark: { type: 'text', text: content, align: 'left', baseline: 'alphabetic', ...style },
  encoding: { x: { value: x }, y: { value: y }, color: { value: 'black' } },
})
