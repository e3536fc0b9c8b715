import { extname } from 'node:path'
import type * as t from 'io-ts'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import { figureWidths, type FigureWidth } from '../../lib/plot/figure.js'
import { type PanelName, panels } from '../../lib/plot/panel/index.js'
import { type PlotThemeName, plotThemes } from '../../lib/plot/theme.js'
import { figureEndings } from '../../lib/plot/write-figure.js'
import { group, listSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { oneOf, someOf, text, yesOrNo } from './fields.js'
import { withRule } from './with-faults.js'

const panelNames = Object.keys(panels) as PanelName[]
const themeNames = Object.keys(plotThemes) as PlotThemeName[]
const widthNames = Object.keys(figureWidths) as FigureWidth[]

const FileCodec = withRule(text, (file) =>
  figureEndings.some((ending) => ending === extname(file))
    ? undefined
    : foundAndExpected(file, `a name that ends in ${figureEndings.join(' or ')}`),
)

/** Configuration of the plots of runs. */
export const PlotConfigCodec = strictRecord(
  {
    /** If true, runs that differ only in their seed are one curve. */
    mean: yesOrNo,
    /** Colours of the two plots of one run. */
    theme: oneOf(themeNames),
  },
  {
    /** File of the figure; if absent, the plots of one run are written into its folder. */
    out: FileCodec,
    /** Panels of the figure; by default those that the runs have numbers for. */
    panels: someOf(panelNames),
    /** Width of the figure; by default single for one panel and double for more. */
    width: oneOf(widthNames),
  },
)

export type PlotConfig = t.TypeOf<typeof PlotConfigCodec>

export const plotDefaults = { mean: false, theme: 'light' } satisfies PlotConfig

/** Settings that only the plots of one run read. */
export const themeSettings = group('Plots of one run', [
  textSetting(
    'theme',
    `colours of the two plots, ${themeNames.join(' or ')}; the dark plots are named entropy-dark and reward-dark`,
  ),
])

/** Settings that only a figure reads. */
export const figureSettings = group('Figure', [
  textSetting('out', 'file to draw one figure of all runs into, in print size; a PNG has 300 dpi', 'FILE.svg|FILE.png'),
  listSetting(
    'panels',
    `panels of the figure, some of ${panelNames.join(', ')}; by default all that the runs have numbers for`,
  ),
  yesOrNoSetting(
    'mean',
    'draw runs that differ only in their seed as one curve: their mean and a band of one standard error',
  ),
  textSetting(
    'width',
    `width of the figure in columns of a paper, ${widthNames.join(' or ')}; by default double for several panels`,
  ),
])

export const plotSettings = [...themeSettings, ...figureSettings]
