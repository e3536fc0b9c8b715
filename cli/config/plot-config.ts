import { extname } from 'node:path'
import type * as t from 'io-ts'
import { figureWidths, type FigureWidth } from '../../lib/plot/figure.js'
import { type PanelName, panels } from '../../lib/plot/panel/index.js'
import { type PlotThemeName, plotThemes } from '../../lib/plot/theme.js'
import { figureEndings } from '../../lib/plot/write-figure.js'
import { group, listSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { closed } from './closed.js'
import { foundAndExpected, oneOf, someOf, text, yesOrNo } from './fields.js'
import { refined } from './refined.js'

const panelNames = Object.keys(panels) as PanelName[]
const themeNames = Object.keys(plotThemes) as PlotThemeName[]
const widthNames = Object.keys(figureWidths) as FigureWidth[]

const FileCodec = refined(text, (file) =>
  figureEndings.some((ending) => ending === extname(file))
    ? undefined
    : foundAndExpected(file, `a name that ends in ${figureEndings.join(' or ')}`),
)

/** What is drawn of runs. */
export const PlotConfigCodec = closed(
  {
    /** Runs that differ in their seed alone as one curve. */
    mean: yesOrNo,
    /** Colours of the two plots of one run. */
    theme: oneOf(themeNames),
  },
  {
    /** File of the figure; without one, the plots of one run go into its folder. */
    out: FileCodec,
    /** Those that the runs have numbers for, unless named. */
    panels: someOf(panelNames),
    /** Single for one panel, double for more, unless named. */
    width: oneOf(widthNames),
  },
)

export type PlotConfig = t.TypeOf<typeof PlotConfigCodec>

export const plotDefaults = { mean: false, theme: 'light' } satisfies PlotConfig

const themeSettings = group('Plots of one run', [
  textSetting('theme', `colours: ${themeNames.join(' or ')}; the dark plots are entropy-dark and reward-dark`),
])

export const figureSettings = group('Figure', [
  textSetting('out', 'draws one figure of all runs there, as wide as in print; a PNG has 300 dpi', 'FILE.svg|FILE.png'),
  listSetting('panels', `some of ${panelNames.join(', ')}; all that the runs have numbers for, unless given`),
  yesOrNoSetting(
    'mean',
    'runs that differ in their seed alone as one curve: their mean, and a standard error around it',
  ),
  textSetting('width', `${widthNames.join(' or ')}: columns of a paper; double for more than one panel, unless given`),
])

export const plotSettings = [...themeSettings, ...figureSettings]
