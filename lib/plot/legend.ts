import type { Layer } from './panel/panel.js'

/** Okabe and Ito's colours, which the colour-blind tell apart, those of high contrast first. */
export const colours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#000000', '#E69F00', '#56B4E9', '#7F7F7F']
/** And for who prints in grey. */
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

/** @units points; a letter takes so much on the average */
const LETTER = 4.5
const SAMPLE = 18
const SPACE = 4
const ROW = 11

export interface Legend {
  /** @units points */
  readonly height: number
  /** Drawn from the corner of a panel; `above` is how far over it the legend ends. */
  readonly layers: (above: number) => readonly Layer[]
}

/** The names of curves, as many abreast as fit into that width; Vega's own takes every letter to be wide. @units points */
export const legendOf = (names: readonly string[], width: number): Legend => {
  const column = SAMPLE + SPACE + LETTER * Math.max(...names.map(({ length }) => length)) + 2 * SPACE
  const abreast = Math.max(1, Math.min(names.length, Math.floor(width / column)))
  const height = ROW * Math.ceil(names.length / abreast)
  const place = (i: number, above: number) => ({
    x: column * (i % abreast),
    y: ROW * Math.floor(i / abreast) - above - height + ROW / 2,
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

/** Words on their baseline. @units points from the corner of a panel */
export const text = (
  words: string,
  x: number,
  y: number,
  style: { readonly fontSize: number; readonly fontWeight?: 'bold' },
): Layer => ({
  data: { values: [{}] },
  mark: { type: 'text', text: words, align: 'left', baseline: 'alphabetic', ...style },
  encoding: { x: { value: x }, y: { value: y }, color: { value: 'black' } },
})
