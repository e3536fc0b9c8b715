import { mean } from '../../lib/statistics.js'
import { duration } from '../../lib/report/number-text.js'
import { formatMarkdown } from '../format-markdown.js'
import { formatSigned } from '../format-signed.js'
import { type Claim, claims } from './claims.js'
import { scoreDifference, scoreOf, numberOf, saturationOf } from './measures.js'
import { finalShare, heldShare, isFulfilled, tolerance } from './judge-prediction.js'
import { heldAlgorithms, laws, methods, type MethodName, titleOfLaw, unheldAlgorithms } from './methods.js'
import { nameOfRun } from './plan.js'
import { describePrediction, hasOwnFilter, heldArm, predictedAlgorithms } from './predictions.js'
import type { RunRecord } from './record.js'
import {
  distinctPlans,
  languageModelMethods,
  rates,
  scheduleBands,
  smallTasks,
  type StudyRun,
  unheldArm,
} from './runs.js'
import type { PartName } from './scale.js'
import { partNames } from './scale.js'
import {
  entropySlope,
  finalMonitor,
  measureTracking,
  meanEntropy,
  meanMonitor,
  meanScore,
  passScore,
  select,
  type Selection,
  settling,
  type Study,
} from './study.js'
import { formatDifference, formatEstimate, type Verdict } from './verdict.js'

/** Claim with its verdict. */
export interface JudgedClaim extends Verdict {
  readonly id: Claim['id']
  readonly claim: string
}

/** Judges every claim by the records of a study. */
export const judgeClaims = (study: Study): readonly JudgedClaim[] =>
  claims.map(({ id, claim, judge }) => ({ id, claim, ...judge(study) }))

/** Section of the results: a heading, sentences and tables in Markdown. A part without records has none. */
type Section = (study: Study) => readonly string[]

/** Formats the results of a study as Markdown. */
export const formatResults = (study: Study, judged: readonly JudgedClaim[]): string =>
  [
    `# Results: ${study.scale.label}`,
    `Made by \`npm run bench -- paper\`. ${describeCompleteness(study)} An interval has 95%: that of a score is a bootstrap over seeds and questions of the test split, any other is Student's t over seeds. A share of steps counts those after the first ${settling} strictly inside the band; a distance is the root mean square distance of the entropy to the middle of the band, in nats per token.`,
    '## Verdicts',
    verdictTable(judged),
    ...sections.flatMap(([part, section]) => (hasRecords(study, part) ? section(study) : [])),
    '## Cost',
    costTable(study),
  ].join('\n\n')

/** Whether a run of a part that trains is complete. The base model alone, which other parts evaluate too, gives no figure. */
const hasRecords = ({ runs, records }: Study, part: PartName): boolean =>
  runs.some((run) => run.part === part && run.plan.steps > 0 && records.has(nameOfRun(run.plan)))

const describeCompleteness = ({ runs, records }: Study): string => {
  const planned = distinctPlans(runs).size
  return records.size === planned
    ? `All ${planned} runs are complete.`
    : `${records.size} of ${planned} runs are complete, so that verdicts may change.`
}

/** Table of the verdicts. */
export const verdictTable = (judged: readonly JudgedClaim[]): string =>
  formatMarkdown([
    ['id', 'claim', 'verdict', 'figures'],
    ...judged.map(({ id, claim, outcome, figures }) => [id, claim, outcome, figures]),
  ])

const fixed = (value: number, digits: number): string => (Number.isFinite(value) ? value.toFixed(digits) : '–')

const meanOf = (records: readonly RunRecord[], measure: (record: RunRecord) => number): number =>
  mean(records.map(measure))

/** Mean KL divergence to the base model over the last tenth of a run. */
const endKl = ({ kl }: RunRecord): number => mean(kl.slice(Math.floor(0.9 * kl.length)).flatMap((value) => value ?? []))

/** Titles of the arms of a comparison, the base model first. */
type Arms = readonly (readonly [arm: string, title: string])[]

const finalTable = (study: Study, part: PartName, arms: Arms, reference: string): string =>
  formatMarkdown([
    [
      '',
      'seeds',
      'mean@16',
      'pass@8',
      'pass@16',
      `mean@16 less ${reference}`,
      `pass@8 less ${reference}`,
      'entropy at the end',
      'inside',
      'KL to the base',
      'responses that train',
      'steps without update',
    ],
    ...arms.map(([arm, title]) => {
      const selection: Selection = { part, arm }
      const records = select(study, selection)
      const isTrained = records.some(({ plan }) => plan.steps > 0)
      const compared = isTrained && arm !== reference
      return [
        title,
        String(records.length),
        ...[meanScore, passScore(8), passScore(16)].map((score) => formatEstimate(scoreOf(study, selection, score))),
        ...[meanScore, passScore(8)].map((score) =>
          compared ? formatDifference(scoreDifference(study, selection, { part, arm: reference }, score)) : '',
        ),
        ...(isTrained
          ? [
              fixed(
                meanOf(records, (record) => meanEntropy(record, 0.9)),
                3,
              ),
              fixed(
                meanOf(records, (record) => measureTracking(record).inside),
                2,
              ),
              fixed(meanOf(records, endKl), 3),
              fixed(
                meanOf(records, (record) => meanMonitor(record, 'effectiveBatch')),
                0,
              ),
              fixed(
                meanOf(records, ({ skipped }) => skipped),
                1,
              ),
            ]
          : ['', '', '', '', '']),
      ]
    }),
  ])

/** Mean score of each evaluation, and the step at which it saturates. */
const courseTable = (study: Study, part: PartName, arms: Arms, withSaturation: boolean): string => {
  const steps = [
    ...new Set(arms.flatMap(([arm]) => select(study, { part, arm }).flatMap(({ evaluations }) => evaluations))),
  ].map(({ step }) => step)
  const columns = [...new Set(steps)].filter((step) => step > 0).toSorted((a, b) => a - b)
  return formatMarkdown([
    ['mean@16 after', ...columns.map(String), ...(withSaturation ? ['saturates at'] : [])],
    ...arms
      .filter(([arm]) => !arm.startsWith('base'))
      .map(([arm, title]) => [
        title,
        ...columns.map((step) => fixed(scoreOf(study, { part, arm }, meanScore, step).value, 3)),
        ...(withSaturation ? [fixed(saturationOf(study, { part, arm }, meanScore), 0)] : []),
      ]),
  ])
}

const ks = [1, 2, 4, 8, 16] as const

const passTable = (study: Study, part: PartName, arms: Arms): string =>
  formatMarkdown([
    ['pass@k at the end', ...ks.map((k) => `k = ${k}`)],
    ...arms.map(([arm, title]) => [
      title,
      ...ks.map((k) => fixed(scoreOf(study, { part, arm }, passScore(k)).value, 3)),
    ]),
  ])

/** Arms of the long comparison with their titles, the base model first. */
export const methodArms: Arms = [
  ['base', 'base model'],
  ...(Object.entries(methods) as [MethodName, { readonly title: string }][]).map(
    ([arm, { title }]) => [arm, title] as const,
  ),
]

const named = (arms: readonly string[]): Arms => arms.map((arm) => [arm, arm])

/** Arms of the part `sizes`. */
export const sizeArms: Arms = [
  ['base', 'small base model'],
  ['small, grpo', 'small, GRPO'],
  ['small, sign', 'small, Entrocraft (sign)'],
  ['small, calibrated', 'small, calibrated'],
  ['base, large', 'large base model'],
  ['large, grpo', 'large, GRPO'],
]

const tooHighArms = named(['sign, linear', 'sign', 'calibrated, linear', 'calibrated'])

const trackingCells = (study: Study, selection: Selection): readonly string[] => {
  const records = select(study, selection)
  const shares = records.map((record) => measureTracking(record).inside)
  return [
    records.length === 0 ? '–' : `${fixed(mean(shares), 3)} (${fixed(Math.min(...shares), 2)})`,
    fixed(
      meanOf(records, (record) => measureTracking(record).distance),
      3,
    ),
  ]
}

const rightAtTheEnd = (record: RunRecord): number => finalMonitor(record, 'correct', 0.1)

const holdingTable = (study: Study): string =>
  formatMarkdown([
    [
      'task',
      'algorithm',
      ...rates.flatMap((rate) => [`inside, x${rate}`, `distance, x${rate}`, `right at the end, x${rate}`]),
    ],
    ...smallTasks.flatMap(({ name }) =>
      heldAlgorithms.map((arm) => [
        name,
        arm,
        ...rates.flatMap((rate) => {
          const selection = { part: 'holding', arm, task: name, rate } as const
          return [...trackingCells(study, selection), fixed(meanOf(select(study, selection), rightAtTheEnd), 2)]
        }),
      ]),
    ),
  ])

/** Algorithms with the law and without it, on `moves` at the higher learning rate. */
const unheldTable = (study: Study): string =>
  formatMarkdown([
    [
      'moves, x2',
      ...['inside', 'right at the end', 'steps without update'].flatMap((figure) => [`${figure}, calibrated`, 'alone']),
    ],
    ...['grpo', ...unheldAlgorithms].map((algorithm) => {
      const at = { task: 'moves', rate: 2 } as const
      const both = [
        select(study, { part: 'holding', arm: algorithm, ...at }),
        algorithm === 'grpo'
          ? select(study, { part: 'laws', arm: 'everything', ...at })
          : select(study, { part: 'holding', arm: unheldArm(algorithm), ...at }),
      ]
      const cells = (digits: number, measure: (record: RunRecord) => number) =>
        both.map((records) => fixed(meanOf(records, measure), digits))
      return [
        algorithm,
        ...cells(2, (record) => measureTracking(record).inside),
        ...cells(2, rightAtTheEnd),
        ...cells(1, ({ skipped }) => skipped),
      ]
    }),
  ])

const lawTable = (study: Study): string =>
  formatMarkdown([
    [
      'task',
      'law',
      ...rates.flatMap((rate) => [`inside, x${rate}`, `distance, x${rate}`, `mean@16, x${rate}`, `pass@8, x${rate}`]),
    ],
    ...smallTasks.flatMap(({ name }) =>
      laws.map((arm) => [
        name,
        titleOfLaw(arm),
        ...rates.flatMap((rate) => {
          const selection = { part: 'laws', arm, task: name, rate } as const
          return [
            ...trackingCells(study, selection),
            ...[meanScore, passScore(8)].map((score) => fixed(scoreOf(study, selection, score).value, 3)),
          ]
        }),
      ]),
    ),
  ])

const monitors = [
  ['tokens above the token baseline', 'aboveBaseline'],
  ['dH of right answers', 'changeOfRight'],
  ['dH of wrong answers', 'changeOfWrong'],
  ['covariance form, right', 'covarianceOfRight'],
  ['covariance form, wrong', 'covarianceOfWrong'],
] as const

const monitorTable = (study: Study): string =>
  formatMarkdown([
    ['task', 'learning rate', ...monitors.map(([title]) => title), 'inside, sign'],
    ...smallTasks.flatMap(({ name }) =>
      rates.map((rate) => {
        const selection = { part: 'laws', arm: 'everything', task: name, rate } as const
        return [
          name,
          `x${rate}`,
          ...monitors.map(([, monitor]) => {
            const value = numberOf(study, selection, (record) => meanMonitor(record, monitor, settling)).value
            return monitor === 'aboveBaseline' ? fixed(value, 2) : Number.isFinite(value) ? value.toPrecision(2) : '–'
          }),
          trackingCells(study, { ...selection, arm: 'sign' })[0]!,
        ]
      }),
    ),
  ])

const runsOfAlgorithm = (study: Study, arm: string) => select(study, { part: 'algorithms', arm })

/** Slope of the entropy of every algorithm alone, and whether it is as predicted. */
const predictionTable = (study: Study): string =>
  formatMarkdown([
    ['algorithm', 'predicted', 'slope', 'entropy at the end', 'as predicted'],
    ...predictedAlgorithms.map(({ name, prediction }) => {
      const runs = runsOfAlgorithm(study, name)
      const slopes = runs.map(entropySlope)
      return [
        name,
        prediction === null ? '' : describePrediction(prediction),
        runs.length === 0
          ? '–'
          : `${formatSigned(mean(slopes), 2)} [${[Math.min, Math.max].map((end) => formatSigned(end(...slopes), 2)).join(', ')}]`,
        fixed(
          meanOf(runs, (record) => meanEntropy(record, 1 - finalShare)),
          3,
        ),
        prediction === null || runs.length === 0
          ? ''
          : isFulfilled(prediction, runs, (other) => runsOfAlgorithm(study, other))
            ? 'yes'
            : 'no',
      ]
    }),
  ])

/** Every algorithm alone and with the calibrated law. */
const heldTable = (study: Study): string =>
  formatMarkdown([
    [
      'algorithm',
      ...['inside', 'distance', 'right'].flatMap((figure) => [`${figure}, alone`, `${figure}, calibrated`]),
    ],
    ...predictedAlgorithms.map((each) => {
      const both = [each.name, heldArm(each.name)].map((arm) => runsOfAlgorithm(study, arm))
      const cells = (digits: number, measure: (record: RunRecord) => number) =>
        both.map((runs, i) => (i === 1 && hasOwnFilter(each) ? '' : fixed(meanOf(runs, measure), digits)))
      return [
        each.name,
        ...cells(2, (record) => measureTracking(record).inside),
        ...cells(3, (record) => measureTracking(record).distance),
        ...cells(2, (record) => finalMonitor(record, 'correct', finalShare)),
      ]
    }),
  ])

const sections: readonly (readonly [PartName, Section])[] = [
  [
    'methods',
    (study) => [
      '## The long comparison',
      '![Score, entropy and KL of the baselines](baselines.png)',
      '![Score, entropy and KL of the laws](laws-long.png)',
      finalTable(study, 'methods', methodArms, 'grpo'),
      courseTable(study, 'methods', methodArms, true),
      'Clip-Higher and Clip-Cov make four minibatches, so GRPO with four is the run to compare them with.',
      '![pass@k at the end](pass-at-k.png)',
      passTable(study, 'methods', methodArms),
    ],
  ],
  [
    'holding',
    (study) => [
      '## Holding the band',
      'The calibrated law with seven algorithms: mean over seeds of the share of steps inside, the lowest seed in parentheses, and the share of right answers over the last tenth of the run. RAFT++ and PSR make the same updates with one minibatch, so their rows are equal.',
      holdingTable(study),
      'The same algorithms with the law and without it, where it holds worst (five and two seeds; GRPO alone: three):',
      unheldTable(study),
    ],
  ],
  [
    'laws',
    (study) => [
      '## Where each law holds',
      '![Share of steps inside by law, task and learning rate](laws.png)',
      'GRPO with each law: mean share of steps inside, the lowest seed in parentheses, and the scores at the end.',
      lawTable(study),
      `Monitors of GRPO without a law over the first ${settling} steps. The filter \`sign\` can hold the band from below only if training on wrong answers alone raises entropy, so only if their predicted change dH is positive (nats per token and unit learning rate).`,
      monitorTable(study),
    ],
  ],
  [
    'algorithms',
    (study) => [
      '## Every algorithm',
      '![Entropy of every algorithm, alone and with the calibrated law](algorithms.png)',
      `Each algorithm with its defaults: least-squares slope of the entropy in nats per 100 steps, mean and range over seeds. A target counts as held within ${tolerance} nats over the last quarter of the run, a band with at least ${100 * heldShare}% of the steps strictly inside.`,
      predictionTable(study),
      'Each algorithm alone and with the calibrated law: share of the steps inside, distance, and share of right answers over the last quarter of the run. An algorithm with a filter of its own runs alone.',
      heldTable(study),
    ],
  ],
  [
    'schedules',
    (study) => [
      '## Schedules',
      '![Score and entropy by schedule](schedules.png)',
      finalTable(study, 'schedules', named(Object.keys(scheduleBands)), 'linear'),
      courseTable(study, 'schedules', named(Object.keys(scheduleBands)), false),
    ],
  ],
  [
    'too-high',
    (study) => [
      '## A target that is too high',
      '![Score and entropy at a target of 1.25 nats](too-high.png)',
      finalTable(study, 'too-high', tooHighArms, 'calibrated, linear'),
      courseTable(study, 'too-high', tooHighArms, false),
    ],
  ],
  [
    'sizes',
    (study) => [
      '## Two model sizes',
      '![Score and entropy of two model sizes](sizes.png)',
      finalTable(study, 'sizes', sizeArms, 'large, grpo'),
      courseTable(study, 'sizes', sizeArms, false),
    ],
  ],
  [
    'long',
    (study) => [
      '## A longer run',
      '![Score, entropy and KL of the longer run](long.png)',
      finalTable(study, 'long', named(['base', 'grpo', 'calibrated']), 'grpo'),
      courseTable(study, 'long', named(['base', 'grpo', 'calibrated']), true),
    ],
  ],
  [
    'language-model',
    (study) => {
      const arms = named(['base', ...languageModelMethods])
      return [
        '## A language model',
        '![Score and entropy of the language model](language-model.png)',
        finalTable(study, 'language-model', arms, 'grpo'),
        courseTable(study, 'language-model', arms, false),
      ]
    },
  ],
]

const costTable = (study: Study): string => {
  const secondsOf = (runs: readonly StudyRun[]) =>
    [...distinctPlans(runs).keys()].reduce((sum, name) => sum + (study.records.get(name)?.seconds ?? 0), 0)
  return formatMarkdown([
    ['part', 'runs', 'complete', 'time on one thread'],
    ...partNames
      .map((part) => [part, study.runs.filter((run) => run.part === part)] as const)
      .filter(([, runs]) => runs.length > 0)
      .map(([part, runs]) => {
        const names = [...distinctPlans(runs).keys()]
        const complete = names.filter((name) => study.records.has(name)).length
        return [part, String(names.length), String(complete), duration(secondsOf(runs))]
      }),
    [
      'all, shared runs once',
      String(distinctPlans(study.runs).size),
      String(study.records.size),
      duration(secondsOf(study.runs)),
    ],
  ])
}
