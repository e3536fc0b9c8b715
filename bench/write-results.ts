import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TopLevelSpec } from 'vega-lite'
import { writeWhole } from '../lib/file/write-whole.js'
import { orThrow } from '../lib/or-throw.js'
import { renderPlot } from '../lib/plot/render-plot.js'

/** Results of a study: tables in Markdown, all numbers as JSON, and a plot of the entropy. */
export interface StudyResults {
  readonly tables: string
  readonly data: unknown
  readonly plot: TopLevelSpec
}

/** Prints the tables, and writes results.md, results.json, entropy.svg and entropy.png into a folder. */
export const writeResults = async (folder: string, { tables, data, plot }: StudyResults): Promise<void> => {
  console.log(`\n${tables}`)
  await mkdir(folder, { recursive: true })
  const { svg, png } = await renderPlot(plot)
  await orThrow(writeWhole(join(folder, 'results.md'), `${tables}\n`))
  await orThrow(writeWhole(join(folder, 'results.json'), JSON.stringify(data)))
  await orThrow(writeWhole(join(folder, 'entropy.svg'), svg))
  await orThrow(writeWhole(join(folder, 'entropy.png'), png))
}
