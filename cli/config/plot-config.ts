import { extname } from 'node:path'
import type * as t from 'io-ts'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import { figureWidths, type FigureWidth } from '../../lib/plot/figure.js'
import { type PanelName, panels } from '../../lib/plot/panel/index.js'
import { figureEndings } from '../../lib/plot/write-figure.js'
import { group, listSetting, textSetting, yesOrNoSetting } from '../flag.js'
import { strictRecord } from './strict-record.js'
import { oneOf, someOf, text, yesOrNo } from './fields.js'
import { refined } from './refined.js'

const panelNames = Object.keys(panels) as PanelName[]
const widthNames = Object.keys(figureWidths) as FigureWidth[]

const FileCodec = refined(text, (file) =>
  figureEndings.some((ending) => ending === extname(file))
    ? undefined
    : foundAndExpected(file, `a name that ends in ${figureEndings.join(' or ')}`),
)

/** What is drawn of runs. */
export const PlotConfigCodec = strictRecord(
  {
    /** Runs that differ in their seed alone as one curve. */
    mean: yesOrNo,
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

export const plotDefaults = { mean: false } satisfies PlotConfig

export const plotSettings = group('Figure', [
  textSetting('out', 'draws one figure of all runs there, as wide as in print; a PNG has 300 dpi', 'FILE.svg|FILE.png'),
  listSetting('panels', `some of ${panelNames.join(', ')}; all that the runs have numbers for, unless given`),
  yesOrNoSetting(
    'mean',
    'runs that differ in their seed alone as one curve: their mean, and a standard error around it',
  ),
  textSetting('width', `${widthNames.join(' or ')}: columns of a paper; double for more than one panel, unless given`),
])
