import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import { mean } from '../../lib/statistics.js'
import type { RunRecord } from './record.js'
import { crossedBootstrap, differences, saturationStep, seedInterval, withoutInterval } from './statistics.js'
import { pairBySeed, type Score, scoresAt, select, type Selection, type Study } from './study.js'

/** Score of an arm at its last evaluation, or at the one of a step. */
export const scoreOf = (study: Study, selection: Selection, score: Score, step?: number): Estimate =>
  overSeeds(matrixOf(select(study, selection), score, step))

/** Estimate over seeds and questions. One seed says nothing about others, so its interval is NaN. @shape values_SQ [S, Q] */
const overSeeds = (values_SQ: readonly (readonly number[])[]): Estimate =>
  values_SQ.length < 2 ? withoutInterval(mean(values_SQ.map(mean))) : crossedBootstrap(values_SQ)

const matrixOf = (records: readonly RunRecord[], score: Score, step?: number): readonly (readonly number[])[] =>
  records.map((record) => scoresAt(record, score, step)).filter(({ length }) => length > 0)

/** Difference of the scores of two arms at their last evaluations, paired by seed and question. */
export const scoreDifference = (study: Study, arm: Selection, other: Selection, score: Score): Estimate => {
  const pairs = pairBySeed(select(study, arm), select(study, other))
  return overSeeds(
    differences(
      pairs.map(([record]) => scoresAt(record, score)),
      pairs.map(([, record]) => scoresAt(record, score)),
    ),
  )
}

/** Difference of a number of two arms, paired by seed. */
export const numberDifference = (
  study: Study,
  arm: Selection,
  other: Selection,
  measure: (record: RunRecord) => number,
): Estimate =>
  seedInterval(pairBySeed(select(study, arm), select(study, other)).map(([a, b]) => [measure(a) - measure(b)]))

/** Mean of a number over the seeds of an arm. */
export const numberOf = (study: Study, arm: Selection, measure: (record: RunRecord) => number): Estimate =>
  seedInterval(select(study, arm).map((record) => [measure(record)]))

/** Step of the evaluation that is nearest to two thirds of a run. */
export const twoThirds = ({ plan }: RunRecord): number => {
  const { every } = plan.evaluation ?? { every: 1 }
  return Math.round((2 * plan.steps) / 3 / every) * every
}

/** Rise of a score of an arm from {@link twoThirds} to the end, paired by seed and question. */
export const lateRise = (study: Study, arm: Selection, score: Score): Estimate =>
  overSeeds(lateRises(select(study, arm), score))

/** Late rise of an arm less that of another, paired by seed and question. */
export const lateRiseDifference = (study: Study, arm: Selection, other: Selection, score: Score): Estimate => {
  const pairs = pairBySeed(select(study, arm), select(study, other))
  const [a, b] = [pairs.map(([record]) => record), pairs.map(([, record]) => record)]
  return overSeeds(differences(lateRises(a, score), lateRises(b, score)))
}

const lateRises = (records: readonly RunRecord[], score: Score) =>
  differences(
    records.map((record) => scoresAt(record, score)),
    records.map((record) => scoresAt(record, score, twoThirds(record))),
  )

/** Step at which a score of one arm saturates, over all its seeds; NaN without runs. The base model counts as step 0. */
export const saturationOf = (study: Study, arm: Selection, score: Score): number =>
  saturationOver(select(study, arm), select(study, { ...arm, arm: 'base' }), score)

const saturationOver = (records: readonly RunRecord[], bases: readonly RunRecord[], score: Score): number => {
  const pairs = pairBySeed(records, bases)
  const steps = [0, ...(pairs[0]?.[0].evaluations ?? []).map(({ step }) => step)]
  return pairs.length === 0
    ? Number.NaN
    : saturationStep(
        steps,
        steps.map((step) => pairs.map(([record, base]) => scoresAt(step === 0 ? base : record, score, step))),
      )
}

/** Ratio of the saturation steps of two arms: each seed saturates for itself, and the interval is over seeds. */
export const saturationRatio = (study: Study, arm: Selection, other: Selection, score: Score): Estimate => {
  const bases = select(study, { ...arm, arm: 'base' })
  const steps = pairBySeed(select(study, arm), select(study, other)).map((pair) =>
    pair.map((record) => saturationOver([record], bases, score)),
  )
  return seedInterval(steps, ([own = Number.NaN, others = Number.NaN]) => own / others)
}

/** Ratio of the mean scores of two arms at their ends, with an interval over seeds. */
export const scoreRatio = (study: Study, arm: Selection, other: Selection, score: Score): Estimate =>
  seedInterval(
    pairBySeed(select(study, arm), select(study, other)).map((pair) =>
      pair.map((record) => mean(scoresAt(record, score))),
    ),
    ([own = Number.NaN, others = Number.NaN]) => own / others,
  )
