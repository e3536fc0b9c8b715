import type { RunSummary } from '../../lib/run/summary.js'
import { columns, estimateText, truncatedText } from './evaluation.js'
import { duration, percent } from '../../lib/report/number-text.js'

type Evaluation = NonNullable<RunSummary['base']>
type Estimate = Evaluation['meanAtK']

/** Result of a run as lines of text. */
export const outcome = (summary: RunSummary): readonly string[] => [
  ...comparison(summary),
  `${summary.steps} of ${summary.planned} steps, ${summary.skipped} skipped; entropy in its band in ${percent(summary.inBandShare)} of them`,
  ...timeLines(summary),
]

const comparison = ({ base, trained }: RunSummary): readonly string[] => {
  if (base === null || trained === null) return []
  const samples = trained.samples / trained.prompts
  const row = (name: string, part: (of: Evaluation) => Estimate) => [
    name,
    estimateText(part(base)),
    estimateText(part(trained)),
  ]
  return [
    `On ${trained.prompts} held-out prompts, ${samples} ${samples === 1 ? 'sample' : 'samples'} each (95% intervals over prompts):`,
    ...columns([
      ['', 'base', 'trained'],
      row(`mean@${samples}`, ({ meanAtK }) => meanAtK),
      ...Object.keys(trained.passAtK).map((k) => row(`pass@${k}`, ({ passAtK }) => passAtK[k]!)),
      ...(base.majAtK === null || trained.majAtK === null
        ? []
        : [[`maj@${samples}`, estimateText(base.majAtK), estimateText(trained.majAtK)]]),
      ['tokens', base.meanTokens.toFixed(1), trained.meanTokens.toFixed(1)],
      ...(base.truncated === null || trained.truncated === null
        ? []
        : [['truncated', truncatedText(base.truncated), truncatedText(trained.truncated)]]),
    ]),
    '',
  ]
}

const timeLines = ({ stepSeconds, secondsByStage }: RunSummary): readonly string[] => {
  const { total, ...stages } = secondsByStage
  const split = Object.entries(stages).map(
    ([stage, seconds]) => `${stage} ${percent(total > 0 ? seconds / total : null)}`,
  )
  return [`${duration(total)} of training, ${stepSeconds?.toFixed(2) ?? '–'} s per step:`, `  ${split.join(', ')}`]
}
