import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import type { RunSummary } from '../../lib/run/summary.js'
import { columns, differenceText, estimateText, truncatedText } from './evaluation.js'
import { accountText } from '../../lib/run/prompt-account.js'
import { warningsOf } from '../../lib/run/warnings.js'
import { counted, duration, percent } from '../../lib/report/number-text.js'

type Evaluation = NonNullable<RunSummary['base']>

/** Result of a run as lines of text. */
export const outcome = (summary: RunSummary): readonly string[] => [
  ...scores(summary),
  ...differences(summary),
  `${summary.steps} of ${summary.planned} steps, ${summary.skipped} skipped; entropy in its band in ${percent(summary.inBandShare)} of them`,
  ...(summary.prompts === null || summary.prompts.issued === 0 ? [] : [accountText(summary.prompts)]),
  ...warningsOf(summary),
  ...comparison(summary),
  ...timeLines(summary),
]

/** Table of the scores: a column for the base model, the model of the comparison if there is one, and the trained model. */
const scores = ({ base, trained, algorithm, compared }: RunSummary): readonly string[] => {
  if (base === null || trained === null) return []
  const samples = trained.samples / trained.prompts
  const other = compared?.trained ?? null
  const evaluations = [base, ...(other === null ? [] : [other]), trained]
  const row = (name: string, text: (of: Evaluation) => string | null) => {
    const cells = evaluations.map(text)
    return cells.every((cell) => cell !== null) ? [[name, ...cells]] : []
  }
  const heads = other === null ? ['base', 'trained'] : ['base', ...headsOf(compared!.algorithm, algorithm)]
  return [
    `On ${trained.prompts} held-out prompts, ${counted(samples, 'sample')} each (95% intervals over prompts):`,
    ...columns([
      ['', ...heads],
      ...row(`mean@${samples}`, ({ meanAtK }) => estimateText(meanAtK)),
      ...Object.keys(trained.passAtK).flatMap((k) =>
        row(`pass@${k}`, ({ passAtK }) => (passAtK[k] === undefined ? null : estimateText(passAtK[k]))),
      ),
      ...row(`maj@${samples}`, ({ majAtK }) => (majAtK === null ? null : estimateText(majAtK))),
      ...row('tokens', ({ meanTokens }) => meanTokens.toFixed(1)),
      ...row('truncated', ({ truncated }) => (truncated === null ? null : truncatedText(truncated))),
    ]),
    '',
  ]
}

/** Heads of the columns of both algorithms. The run may train the same algorithm with other options or another filter. */
const headsOf = (compared: string, trained: string): readonly string[] => [
  compared,
  compared === trained ? 'trained' : trained,
]

/** Differences between the trained model and the model of the comparison, in a line for each score. */
const differences = ({ trained, compared }: RunSummary): readonly string[] => {
  if (trained === null || compared === null || compared.difference === null) return []
  const { meanAtK, passAtK } = compared.difference
  const line = (score: string, difference: Estimate) => [
    `against ${compared.algorithm}: ${score}`,
    differenceText(difference),
    verdictOf(difference),
  ]
  return [
    ...columns([
      line(`mean@${trained.samples / trained.prompts}`, meanAtK),
      ...Object.entries(passAtK).map(([k, difference]) => line(`pass@${k}`, difference)),
    ]),
    '',
  ]
}

/** An interval that contains 0 decides nothing. */
const verdictOf = ({ low, high }: Estimate): string => (low > 0 ? 'higher' : high < 0 ? 'lower' : 'no clear difference')

const comparison = ({ compared, planned }: RunSummary): readonly string[] => {
  if (compared === null) return []
  const { algorithm, status, inBandShare } = compared
  return status === 'finished'
    ? [`${algorithm}: entropy in its band in ${percent(inBandShare)} of its ${planned} steps`]
    : [`The comparison with ${algorithm} ${status === 'failed' ? 'failed' : 'was interrupted'}.`]
}

const timeLines = ({ stepSeconds, secondsByStage }: RunSummary): readonly string[] => {
  const { total, ...stages } = secondsByStage
  const split = Object.entries(stages).map(
    ([stage, seconds]) => `${stage} ${percent(total > 0 ? seconds / total : null)}`,
  )
  return [`${duration(total)} of training, ${stepSeconds?.toFixed(2) ?? '–'} s per step:`, `  ${split.join(', ')}`]
}
