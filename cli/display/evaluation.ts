import type { Estimate } from '../../lib/evaluation/bootstrap.js'

/** Mean and its interval. */
export const estimateText = ({ value, low, high }: Estimate): string =>
  `${value.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`

/** Difference of two means and its interval, each with its sign. */
export const differenceText = ({ value, low, high }: Estimate): string =>
  `${signed(value)} [${signed(low)}, ${signed(high)}]`

const signed = (value: number): string => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(3)}`

/** Share of the samples that the length limit cut, as a percentage. */
export const truncatedText = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)}%`)

/** Returns 2, 4, 8 ... and the limit itself: the k of a pass@k curve. pass@1 is the mean. */
export const powersOfTwo = (limit: number): readonly number[] => {
  const powers: number[] = []
  for (let k = 2; k < limit; k *= 2) powers.push(k)
  return [...powers, limit]
}

/** Aligns cells in columns, two spaces apart. */
export const columns = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')}`.trimEnd())
}
