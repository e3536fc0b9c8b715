import type { Estimate } from '../../lib/evaluation/bootstrap.js'
import { keyedUniform } from '../../lib/random/uniform.js'
import { mean, quantile, sum } from '../../lib/statistics.js'

/** Number of resamples of every bootstrap interval of the study. */
const RESAMPLES = 2000
/** Key of the random numbers of every bootstrap interval, so that a report is the same each time. */
const KEY = 20260430

/**
 * Mean over seeds and questions with its 95% bootstrap interval. Seeds and questions are resampled with replacement, each for
 * itself, because all seeds answer the same questions.
 *
 *     values_SQ [S, Q]        interval: quantiles 0.025 and 0.975 of the mean over resampled rows and columns
 *
 * Three seeds or fewer can make it narrower than an interval of Student's t over their means would be.
 *
 * @shape values_SQ [S, Q], rows of equal length; NaN without values
 */
export const crossedBootstrap = (values_SQ: readonly (readonly number[])[]): Estimate => {
  const [seeds, questions] = [values_SQ.length, values_SQ[0]?.length ?? 0]
  const means = Array.from({ length: RESAMPLES }, (_, resample) => {
    const drawSeed = keyedUniform(KEY, resample, 0)
    const drawQuestion = keyedUniform(KEY, resample, 1)
    const weights = new Float64Array(seeds)
    for (let s = 0; s < seeds; s++) weights[Math.floor(drawSeed(s) * seeds)]!++
    const counts = new Float64Array(questions)
    for (let q = 0; q < questions; q++) counts[Math.floor(drawQuestion(q) * questions)]!++
    return weightedMean(values_SQ, weights, counts)
  })
  return intervalOf(mean(values_SQ.map(mean)), means)
}

const weightedMean = (
  values_SQ: readonly (readonly number[])[],
  weights: Float64Array,
  counts: Float64Array,
): number => {
  let total = 0
  for (const [s, row] of values_SQ.entries()) {
    if (weights[s] === 0) continue
    let sum = 0
    for (let q = 0; q < counts.length; q++) sum += counts[q]! * row[q]!
    total += weights[s]! * sum
  }
  return total / (weights.length * counts.length)
}

/** Quantile 0.975 of Student's t with 1, 2, … degrees of freedom. */
const T_975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262] as const

/**
 * Statistic of the mean over seeds with its 95% interval: Student's t over the jackknife values of the seeds. For the mean itself
 * these are the values of the seeds. `statistic` reads the mean of each column.
 *
 *     n f(mean of all) - (n - 1) f(mean without seed s)        jackknife value of seed s
 *
 * One seed says nothing about others, so its interval is NaN.
 *
 * @shape values_SC [S, C]: one row per seed, at most 10
 * @source R. G. Miller, The jackknife: a review (Biometrika, 1974)
 */
export const seedInterval = (
  values_SC: readonly (readonly number[])[],
  statistic: (means_C: readonly number[]) => number = ([only = Number.NaN]) => only,
): Estimate => {
  const [seeds, columns] = [values_SC.length, values_SC[0]?.length ?? 0]
  const of = (rows: readonly (readonly number[])[]) =>
    statistic(Array.from({ length: columns }, (_, c) => mean(rows.map((row) => row[c]!))))
  const value = of(values_SC)
  if (seeds < 2) return withoutInterval(value)
  const each = values_SC.map((_, s) => seeds * value - (seeds - 1) * of(values_SC.filter((_, other) => other !== s)))
  const middle = mean(each)
  const deviation = Math.sqrt(sum(each.map((x) => (x - middle) ** 2)) / (seeds - 1))
  const distance = (T_975[seeds - 2]! * deviation) / Math.sqrt(seeds)
  return { value, low: middle - distance, high: middle + distance }
}

/** Estimate of one seed, whose interval is not known. */
export const withoutInterval = (value: number): Estimate => ({ value, low: Number.NaN, high: Number.NaN })

const intervalOf = (value: number, resampled: readonly number[]): Estimate => {
  const ascending = resampled.toSorted((a, b) => a - b)
  return { value, low: quantile(ascending, 0.025), high: quantile(ascending, 0.975) }
}

/**
 * Step at which a score saturates: the first evaluation after which the best score so far is not exceeded by more than chance.
 * A later score exceeds it if the 95% interval of the difference is above 0, over the same seeds and questions. A score that
 * rises to the end saturates at the last evaluation.
 *
 * @shape scores_ESQ [E, S, Q], one [S, Q] matrix per evaluation; steps_E [E]
 * @units training steps
 */
export const saturationStep = (
  steps_E: readonly number[],
  scores_ESQ: readonly (readonly (readonly number[])[])[],
): number => {
  const means_E = scores_ESQ.map((scores_SQ) => mean(scores_SQ.map(mean)))
  const place = steps_E.findIndex((_, e) => {
    const best = means_E.indexOf(Math.max(...means_E.slice(0, e + 1)))
    return scores_ESQ.slice(e + 1).every((later) => crossedBootstrap(differences(later, scores_ESQ[best]!)).low <= 0)
  })
  return steps_E[place] ?? Number.NaN
}

/** Differences of two matrices, element by element. @shape [S, Q] -> [S, Q] */
export const differences = (
  values_SQ: readonly (readonly number[])[],
  others_SQ: readonly (readonly number[])[],
): readonly (readonly number[])[] => values_SQ.map((row, s) => row.map((value, q) => value - others_SQ[s]![q]!))
