import { extname } from 'node:path'
import type * as t from 'io-ts'
import { figureWidths, type FigureWidth } from '../../lib/run/plot/figure.js'
import { type PanelName, panels } from '../../lib/run/plot/panel/index.js'
import { figureEndings } from '../../lib/run/plot/write-figure.js'
import { group, listSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { closed } from './closed.js'
import { foundAndExpected, oneOf, orNone, someOf, text, yesOrNo } from './fields.js'
import { refined } from './refined.js'

const panelNames = Object.keys(panels) as PanelName[]
const widthNames = Object.keys(figureWidths) as FigureWidth[]

const FileCodec = refined(text, (file) =>
  figureEndings.some((ending) => ending === extname(file))
    ? undefined
    : foundAndExpected(file, `a name that ends in ${figureEndings.join(' or ')}`),
)

/** What is drawn of runs. */
export const PlotConfigCodec = closed({
  /** File of the figure; none draws the plots of one run into its folder. */
  out: orNone(FileCodec),
  /** Those that the runs have numbers for, unless named. */
  panels: orNone(someOf(panelNames)),
  /** Runs that differ in their seed alone as one curve. */
  mean: yesOrNo,
  /** Single for one panel, double for more, unless named. */
  width: orNone(oneOf(widthNames)),
})

type PlotConfig = t.TypeOf<typeof PlotConfigCodec>

export const plotDefaults = { out: null, panels: null, mean: false, width: null } satisfies PlotConfig

export const plotSettings = group('Figure', [
  textSetting('out', 'draws one figure of all runs there, as wide as in print; a PNG has 300 dpi', 'FILE.svg|FILE.png'),
  listSetting('panels', `some of ${panelNames.join(', ')}; none: those that the runs have numbers for`),
  yesOrNoSetting(
    'mean',
    'runs that differ in their seed alone as one curve: their mean, and a standard error around it',
  ),
  textSetting('width', 'single or double: columns of a paper; none: double for more than one panel'),
])
