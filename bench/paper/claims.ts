import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import { mean } from '../../lib/statistics.js'
import { heldAlgorithms, type MethodName, methods } from './methods.js'
import {
  lateRise,
  lateRiseDifference,
  numberDifference,
  numberOf,
  saturationOf,
  saturationRatio,
  scoreDifference,
  scoreRatio,
} from './measures.js'
import type { MonitorName, RunRecord } from './record.js'
import { rates, scheduleBands, smallTasks } from './runs.js'
import {
  entropySlope,
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
import { formatDifference, formatEstimate, isAbove, isBelow, isWithin, type Outcome, type Verdict } from './verdict.js'

/** Claim of the paper or of this project, with the statistic that decides it. */
export interface Claim {
  readonly id: string
  readonly claim: string
  /** Section or figure of the paper, or `ours`; it says so if the claim was stated after its runs. */
  readonly source: string
  readonly statistic: string
  readonly holdsIf: string
  readonly judge: (study: Study) => Verdict
}

const method = (arm: MethodName): Selection => ({ part: 'methods', arm })
const grpo = method('grpo')
const onMoves = (law: string): Selection => ({ part: 'laws', arm: law, task: 'moves', rate: 1 })

/** Steps over which a monitor tells beforehand whether a law will hold. */
const FIRST_STEPS = 10
const inside = (record: RunRecord): number => measureTracking(record).inside
const endEntropy = (record: RunRecord): number => meanEntropy(record, 0.9)

/** Text of the paper's source, and of ours. */
const paper = (place: string): string => `paper, ${place}`
const OURS = 'ours'
const afterTheRuns = (source: string): string => `${source}; stated after the runs`

/** Claim that one estimate decides. */
const byEstimate = (
  about: Omit<Claim, 'judge'>,
  estimate: (study: Study) => Estimate,
  decide: (estimate: Estimate) => Outcome,
  format: (estimate: Estimate) => string = formatDifference,
): Claim => ({
  ...about,
  judge: (study) => {
    const found = estimate(study)
    return { outcome: decide(found), figures: format(found) }
  },
})

/** Claim that the score of one arm is above that of another by more than a threshold. */
const isHigher = (
  about: Pick<Claim, 'id' | 'claim' | 'source'>,
  arm: Selection,
  other: Selection,
  score: 'mean@16' | 'pass@8' | 'pass@16',
  threshold = 0,
): Claim =>
  byEstimate(
    {
      ...about,
      statistic: `${score} at the end, ${arm.arm} less ${other.arm} (${arm.part}), paired by seed and question`,
      holdsIf: `> ${threshold}`,
    },
    (study) => scoreDifference(study, arm, other, scores[score]),
    (estimate) => isAbove(estimate, threshold),
  )

const scores = { 'mean@16': meanScore, 'pass@8': passScore(8), 'pass@16': passScore(16) } as const

const slowsTheFall = (id: string, name: MethodName, other: MethodName): Claim =>
  byEstimate(
    {
      id,
      claim: `${methods[name].title} slows the fall of entropy on countdown`,
      source: paper('section 4, Fig. 4b'),
      statistic: `mean entropy of the first third of the run, less that of ${methods[other].title}`,
      holdsIf: '> 0',
    },
    (study) => numberDifference(study, method(name), method(other), (record) => meanEntropy(record, 0, 1 / 3)),
    (estimate) => isAbove(estimate, 0),
  )

const holdsTheBand = (
  about: Pick<Claim, 'id' | 'claim' | 'source'>,
  arm: Selection,
  where: string,
  threshold: number,
): Claim =>
  byEstimate(
    {
      ...about,
      statistic: `share of the steps after the first ${settling} strictly inside the band, ${where}`,
      holdsIf: `> ${threshold}`,
    },
    (study) => numberOf(study, arm, inside),
    (estimate) => isAbove(estimate, threshold),
    formatEstimate,
  )

/** Share of inside steps of the paper's algorithm that counts as realising a schedule. */
const REALISED = 0.9

/** Claims about algorithms that train on right answers, or on wrong answers alone. */
const fallsOrRises = (
  [
    ['P20a', 'raft++', 'falls'],
    ['P20b', 'gspo', 'falls'],
    ['P20c', 'nsr', 'rises'],
  ] as const
).map(([id, arm, direction]) =>
  byEstimate(
    {
      id,
      claim: `entropy ${direction} with ${arm} on countdown`,
      source: afterTheRuns(paper('section 4')),
      statistic: 'slope of the entropy in nats per 100 steps (algorithms)',
      holdsIf: direction === 'falls' ? '< 0' : '> 0',
    },
    (study) => numberOf(study, { part: 'algorithms', arm }, entropySlope),
    (estimate) => (direction === 'falls' ? isBelow(estimate, 0) : isAbove(estimate, 0)),
    (estimate) => formatDifference(estimate, 2),
  ),
)

const claimsOfThePaper: readonly Claim[] = [
  byEstimate(
    {
      id: 'P1',
      claim: 'the entropy of GRPO collapses on countdown',
      source: paper('section 1, Fig. 4b'),
      statistic: 'mean entropy of the last tenth of the run over that of the first tenth, GRPO',
      holdsIf: '< 1/3',
    },
    (study) => numberOf(study, grpo, (record) => endEntropy(record) / meanEntropy(record, 0, 0.1)),
    (estimate) => isBelow(estimate, 1 / 3),
    formatEstimate,
  ),
  byEstimate(
    {
      id: 'P2',
      claim: 'the score of GRPO saturates on countdown',
      source: paper('abstract, Table 3'),
      statistic: 'rise of mean@16 over the last third of the run, GRPO',
      holdsIf: 'within 0.02 of 0',
    },
    (study) => lateRise(study, grpo, meanScore),
    (estimate) => isWithin(estimate, 0.02),
  ),
  slowsTheFall('P3a', 'clip-higher', 'grpo-4'),
  slowsTheFall('P3b', 'clip-cov', 'grpo-4'),
  slowsTheFall('P3c', 'entropy-loss', 'grpo'),
  slowsTheFall('P3d', 'w-reinforce', 'grpo'),
  byEstimate(
    {
      id: 'P4',
      claim: 'EntroPIC holds its target of 0.5 on countdown',
      source: paper('section 5'),
      statistic: 'mean entropy of the last tenth of the run less 0.5',
      holdsIf: 'within 0.05 of 0',
    },
    (study) => numberOf(study, method('entropic'), (record) => endEntropy(record) - 0.5),
    (estimate) => isWithin(estimate, 0.05),
  ),
  ...smallTasks.map((task, i) =>
    holdsTheBand(
      {
        id: `P5${'ab'[i]!}`,
        claim: `Entrocraft (sign) realises a schedule on ${task.name}`,
        source: paper('abstract, Algorithm 1'),
      },
      { part: 'laws', arm: 'sign', task: task.name, rate: 1 },
      `part laws, learning rate x1`,
      REALISED,
    ),
  ),
  holdsTheBand(
    { id: 'P6', claim: 'the released swap of estimators realises a schedule on countdown', source: 'released code' },
    method('swap'),
    'part methods',
    REALISED,
  ),
  isHigher(
    { id: 'P7', claim: 'Entrocraft (sign) scores higher than GRPO on countdown', source: paper('Table 2') },
    method('sign'),
    grpo,
    'mean@16',
  ),
  isHigher(
    { id: 'P8', claim: 'Entrocraft (sign) has a higher pass@k than GRPO on countdown', source: paper('Table 2') },
    method('sign'),
    grpo,
    'pass@16',
  ),
  byEstimate(
    {
      id: 'P9',
      claim: 'Entrocraft (sign) raises pass@k by half over GRPO on countdown',
      source: paper('abstract'),
      statistic: 'pass@16 at the end, Entrocraft (sign) over GRPO',
      holdsIf: '> 1.5',
    },
    (study) => scoreRatio(study, method('sign'), grpo, passScore(16)),
    (estimate) => isAbove(estimate, 1.5),
    formatEstimate,
  ),
  ...(['clip-higher', 'clip-cov'] as const).map((other, i) =>
    isHigher(
      {
        id: `P10${'ab'[i]!}`,
        claim: `Entrocraft (sign), with one minibatch, scores higher than ${methods[other].title}, with four, on countdown`,
        source: paper('Table 3'),
      },
      method('sign'),
      method(other),
      'mean@16',
    ),
  ),
  ...(['entropy-loss', 'w-reinforce', 'entropic'] as const).map((other, i) =>
    isHigher(
      {
        id: `P10${'cde'[i]!}`,
        claim: `Entrocraft (sign) scores higher than ${methods[other].title} on countdown`,
        source: afterTheRuns(paper('Table 2')),
      },
      method('sign'),
      method(other),
      'mean@16',
    ),
  ),
  saturatesLater('P11', 'sign', 'methods', paper('abstract')),
  growsWithK('P12', 'sign', paper('section 5')),
  byEstimate(
    {
      id: 'P13',
      claim: 'right responses have a higher log-likelihood than wrong ones on countdown',
      source: paper('Fig. 2b'),
      statistic: 'share of the blocks of steps with a higher mean log-likelihood where A > 0, GRPO',
      holdsIf: '> 0.95',
    },
    (study) =>
      numberOf(study, grpo, ({ monitors: { values } }) =>
        mean(
          values.logLikelihoodPositive.map((right, i) =>
            right !== null && right > (values.logLikelihoodNegative[i] ?? Infinity) ? 1 : 0,
          ),
        ),
      ),
    (estimate) => isAbove(estimate, 0.95),
    formatEstimate,
  ),
  ...smallTasks.map((task, i) =>
    byEstimate(
      {
        id: `P14${'ab'[i]!}`,
        claim: `sampled tokens are above the token baseline of Theorem 1 on ${task.name}`,
        source: paper('Theorem 1, Fig. 2a'),
        statistic: `share of the sampled tokens above it over the first ${FIRST_STEPS} steps, GRPO (part laws)`,
        holdsIf: '> 0.9',
      },
      (study) =>
        numberOf(study, { part: 'laws', arm: 'everything', task: task.name, rate: 1 }, (record) =>
          meanMonitor(record, 'aboveBaseline', FIRST_STEPS),
        ),
      (estimate) => isAbove(estimate, 0.9),
      formatEstimate,
    ),
  ),
  byEstimate(
    {
      id: 'P15',
      claim: 'fewer responses train with Entrocraft (sign) than with GRPO on countdown',
      source: paper('Fig. 7'),
      statistic: 'mean effective batch, Entrocraft (sign) less GRPO, responses',
      holdsIf: '< 0',
    },
    (study) => numberDifference(study, method('sign'), grpo, (record) => meanMonitor(record, 'effectiveBatch')),
    (estimate) => isBelow(estimate, 0),
    (estimate) => formatDifference(estimate, 0),
  ),
  isHigher(
    {
      id: 'P16a',
      claim: 'a linear schedule scores higher than a constant one, with the calibrated law',
      source: paper('section 5.3'),
    },
    { part: 'schedules', arm: 'linear' },
    { part: 'schedules', arm: 'constant' },
    'mean@16',
  ),
  isHigher(
    {
      id: 'P16b',
      claim: 'a linear schedule scores higher than a cosine one, with the calibrated law',
      source: paper('section 5.3'),
    },
    { part: 'schedules', arm: 'linear' },
    { part: 'schedules', arm: 'cosine' },
    'mean@16',
  ),
  byEstimate(
    {
      id: 'P17',
      claim: 'a constant high band becomes unstable late, with the calibrated law',
      source: paper('section 5.3'),
      statistic: 'rise of mean@16 over the last quarter of the run, constant schedule',
      holdsIf: '< 0',
    },
    (study) => lateRise(study, { part: 'schedules', arm: 'constant' }, meanScore),
    (estimate) => isBelow(estimate, 0),
  ),
  ...(['sign', 'calibrated'] as const).map((arm, i) => ({
    ...isHigher(
      {
        id: `P18${'ab'[i]!}`,
        claim: `too high a target damages training (${arm})`,
        source: paper('section 7'),
      },
      { part: 'too-high', arm: `${arm}, linear` },
      { part: 'too-high', arm },
      'mean@16',
    ),
    statistic: `mean@16 at the end, ${arm} with the linear schedule less ${arm} with a target of 1.25 nats, paired by seed and question`,
  })),
  ...(['mean@16', 'pass@16'] as const).map((score, i) =>
    isHigher(
      {
        id: `P19${'ab'[i]!}`,
        claim: `a small model with Entrocraft (sign) outperforms a larger one with GRPO in ${score}`,
        source: paper('abstract'),
      },
      { part: 'sizes', arm: 'small, sign' },
      { part: 'sizes', arm: 'large, grpo' },
      score,
    ),
  ),
  ...fallsOrRises,
]

const claimsOfOurs: readonly Claim[] = [
  {
    id: 'O1',
    claim: 'the calibrated law holds the band with seven algorithms, two learning rates and every small task',
    source: OURS,
    statistic: `share of the steps after the first ${settling} strictly inside the band, of each cell of part holding`,
    holdsIf: '> 0.95 in every cell, as a mean over seeds',
    judge: holdsEverywhere,
  },
  holdsTheBand(
    { id: 'O2', claim: 'the calibrated law holds the band over the long comparison', source: OURS },
    method('calibrated'),
    'part methods',
    0.95,
  ),
  byEstimate(
    {
      id: 'O3',
      claim: 'the calibrated law holds the band better than the predicted sign',
      source: OURS,
      statistic: 'share of the steps strictly inside the band, calibrated less predicted (part methods)',
      holdsIf: '> 0',
    },
    (study) => numberDifference(study, method('calibrated'), method('predicted'), inside),
    (estimate) => isAbove(estimate, 0),
  ),
  ...(['calibrated', 'calibrated-token'] as const).flatMap((name, i) => [
    isHigher(
      { id: `O4${'ab'[i]!}`, claim: `${name} has a higher pass@8 than GRPO on countdown`, source: OURS },
      method(name),
      grpo,
      'pass@8',
    ),
    isHigher(
      { id: `O5${'ab'[i]!}`, claim: `${name} scores no more than 0.01 lower than GRPO on countdown`, source: OURS },
      method(name),
      grpo,
      'mean@16',
      -0.01,
    ),
  ]),
  isHigher(
    { id: 'O4c', claim: 'calibrated has a higher pass@8 than GRPO on moves', source: afterTheRuns(OURS) },
    onMoves('calibrated'),
    onMoves('everything'),
    'pass@8',
  ),
  isHigher(
    { id: 'O5c', claim: 'calibrated scores no more than 0.01 lower than GRPO on moves', source: afterTheRuns(OURS) },
    onMoves('calibrated'),
    onMoves('everything'),
    'mean@16',
    -0.01,
  ),
  byEstimate(
    {
      id: 'O6',
      claim: 'calibrated improves more than GRPO over the last third on countdown',
      source: OURS,
      statistic: 'rise of mean@16 over the last third, calibrated less GRPO, paired by seed and question',
      holdsIf: '> 0',
    },
    (study) => lateRiseDifference(study, method('calibrated'), grpo, meanScore),
    (estimate) => isAbove(estimate, 0),
  ),
  saturatesLater('O7', 'calibrated', 'methods', OURS),
  saturatesLater('O7b', 'calibrated', 'long', afterTheRuns(OURS)),
  growsWithK('O8', 'calibrated', OURS),
  ...(['mean@16', 'pass@8'] as const).map((score, i) =>
    isHigher(
      {
        id: `O9${'ab'[i]!}`,
        claim: `after 2,000 steps on countdown, ${score} of calibrated is no more than 0.01 lower than that of GRPO`,
        source: OURS,
      },
      { part: 'long', arm: 'calibrated' },
      { part: 'long', arm: 'grpo' },
      score,
      -0.01,
    ),
  ),
  ...(['mean@16', 'pass@8'] as const).map((score, i) =>
    isHigher(
      {
        id: `O16${'ab'[i]!}`,
        claim: `calibrated has a higher ${score} than predicted on countdown`,
        source: afterTheRuns(OURS),
      },
      method('calibrated'),
      method('predicted'),
      score,
    ),
  ),
  {
    id: 'O10',
    claim: 'the predicted change of wrong answers tells beforehand whether `sign` holds the band',
    source: OURS,
    statistic: `runs of sign in part laws whose predicted change of wrong answers over the first ${FIRST_STEPS} steps is positive exactly if at least ${REALISED} of the steps are inside`,
    holdsIf: 'all runs, if sign holds the band in some of them and not in all',
    judge: (study) => judgeMonitor(study, 'covarianceOfWrong', 0),
  },
  {
    id: 'O11',
    claim: "the theorem's condition tells beforehand whether `sign` holds the band",
    source: paper('Theorem 1'),
    statistic: `runs of sign in part laws with more than 0.9 of the tokens above the baseline over the first ${FIRST_STEPS} steps exactly if at least ${REALISED} of the steps are inside`,
    holdsIf: 'all runs, if sign holds the band in some of them and not in all',
    judge: (study) => judgeMonitor(study, 'aboveBaseline', 0.9),
  },
  ...(Object.keys(scheduleBands) as (keyof typeof scheduleBands)[]).map((schedule, i) =>
    holdsTheBand(
      { id: `O12${'abcd'[i]!}`, claim: `the calibrated law holds the ${schedule} schedule`, source: OURS },
      { part: 'schedules', arm: schedule },
      'part schedules',
      0.95,
    ),
  ),
  isHigher(
    { id: 'O15', claim: 'an exponential schedule scores higher than a linear one', source: OURS },
    { part: 'schedules', arm: 'exponential' },
    { part: 'schedules', arm: 'linear' },
    'mean@16',
  ),
  ...(['mean@16', 'pass@16'] as const).map((score, i) =>
    isHigher(
      {
        id: `O13${'ab'[i]!}`,
        claim: `a small model with the calibrated law reaches a larger one with GRPO in ${score}`,
        source: OURS,
      },
      { part: 'sizes', arm: 'small, calibrated' },
      { part: 'sizes', arm: 'large, grpo' },
      score,
      -0.01,
    ),
  ),
  ...(['sign', 'calibrated'] as const).map((arm, i) =>
    holdsTheBand(
      {
        id: `O14${'ab'[i]!}`,
        claim: `${arm} holds the band on a language model of 135M weights`,
        source: arm === 'sign' ? paper('abstract') : OURS,
      },
      { part: 'language-model', arm },
      'part language-model',
      REALISED,
    ),
  ),
]

/** Claims of the study, each with its verdict function. */
export const claims: readonly Claim[] = [...claimsOfThePaper, ...claimsOfOurs]

/** Claim that an arm improves for longer than GRPO. */
function saturatesLater(id: string, arm: MethodName, part: 'methods' | 'long', source: string): Claim {
  const [own, other] = [arm, 'grpo'].map((name) => ({ part, arm: name })) as [Selection, Selection]
  return {
    id,
    claim: `${methods[arm].title} sustains improvement for longer than GRPO on countdown (${part === 'long' ? '2,000' : '600'} steps)`,
    source,
    statistic: `ratio of the saturation steps of mean@16 (${part}), each seed for itself, with an interval over seeds`,
    holdsIf: '> 1',
    judge: (study) => {
      const ratio = saturationRatio(study, own, other, meanScore)
      const steps = [own, other].map((each) => saturationOf(study, each, meanScore))
      const together = steps.some(Number.isNaN)
        ? ''
        : `; all seeds together: step ${steps[0]!} against step ${steps[1]!}`
      return { outcome: isAbove(ratio, 1), figures: `${formatEstimate(ratio, 1)}${together}` }
    },
  }
}

/** Claim that pass@k of an arm grows faster with k than that of GRPO. */
function growsWithK(id: string, arm: MethodName, source: string): Claim {
  return byEstimate(
    {
      id,
      claim: `pass@k of ${methods[arm].title} grows faster with k than that of GRPO on countdown`,
      source,
      statistic: 'pass@16 less pass@1 at the end, less the same of GRPO, paired by seed and question',
      holdsIf: '> 0',
    },
    (study) => scoreDifference(study, method(arm), grpo, (count) => passScore(16)(count) - passScore(1)(count)),
    (estimate) => isAbove(estimate, 0),
  )
}

/** Judges every cell of part `holding`: an algorithm on a task at a learning rate. */
function holdsEverywhere(study: Study): Verdict {
  const cells = smallTasks.flatMap(({ name }) =>
    rates.flatMap((rate) =>
      heldAlgorithms.map((arm) => {
        const estimate = numberOf(study, { part: 'holding', arm, task: name, rate }, inside)
        return { cell: `${arm}, ${name}, x${rate}`, estimate }
      }),
    ),
  )
  const measured = cells.filter(({ estimate: { value } }) => !Number.isNaN(value))
  const worst = measured.toSorted((a, b) => a.estimate.value - b.estimate.value)[0]
  if (worst === undefined) return { outcome: 'undecided', figures: '–' }
  // One seed has no interval, and decides nothing.
  const met = measured.filter(({ estimate: { value, low } }) => value > 0.95 && !Number.isNaN(low))
  const missed = measured.filter(({ estimate: { high } }) => high < 0.95)
  return {
    outcome: missed.length > 0 ? 'not held' : met.length === cells.length ? 'held' : 'undecided',
    figures: `${met.length} of ${cells.length} cells; lowest ${formatEstimate(worst.estimate, 2)} (${worst.cell})`,
  }
}

/** Judges whether a monitor above a threshold in the first steps goes with a band that `sign` holds. */
function judgeMonitor(study: Study, name: MonitorName, threshold: number): Verdict {
  const runs = smallTasks.flatMap((task) =>
    rates.flatMap((rate) => select(study, { part: 'laws', arm: 'sign', task: task.name, rate })),
  )
  if (runs.length === 0) return { outcome: 'undecided', figures: '–' }
  const held = runs.filter((run) => inside(run) >= REALISED)
  const agreeing = runs.filter((run) => meanMonitor(run, name, FIRST_STEPS) > threshold === inside(run) >= REALISED)
  // Runs that all end alike show no monitor at work.
  const canDecide = held.length > 0 && held.length < runs.length
  return {
    outcome: agreeing.length < runs.length ? 'not held' : canDecide ? 'held' : 'undecided',
    figures: `${agreeing.length} of ${runs.length} runs; sign holds the band in ${held.length} of them`,
  }
}
