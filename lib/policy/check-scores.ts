import { describe, typedArrayName } from '../describe.js'
import { requireTemperature, scoredLogprobs_BT } from '../batch/score-temperature.js'
import { forEachRow } from '../batch/tokens.js'
import type { Batch } from '../rollout/batch.js'
import type { Distribution, ScoreMethod, Scores } from '../rollout/scores.js'
import { brokenNumber, brokenPort, checkObject, checkVersion, diverged, ROUNDING } from './check-group.js'

/** Interval of the values of a matrix, both ends included, and its words in an error message. NaN is in no interval. */
interface Values {
  readonly least: number
  readonly most: number
  readonly expected: string
}

const LARGEST = Number.MAX_VALUE

const logprobs: Values = { least: -LARGEST, most: ROUNDING, expected: 'a finite number <= 0' }
const entropies: Values = { least: -ROUNDING, most: LARGEST, expected: 'a finite number >= 0' }
const finite: Values = { least: -LARGEST, most: LARGEST, expected: 'a finite number' }
const shares: Values = { least: 0, most: 1 + ROUNDING, expected: 'a number from 0 to 1' }

/** Matrix of scores, its path in them, and the values that it may hold at a token. */
type Matrix = readonly [name: string, matrix_BT: Float32Array, values: Values]

/** Matrices that scores of their method have. A matrix may be missing, because a port may be plain JavaScript. */
const matricesOf = (scores: Scores): readonly Matrix[] => [
  ['logprobs_BT', scores.logprobs_BT, logprobs],
  ['entropy_BT', scores.entropy_BT, entropies],
  ...(scores.method === 'sampled' ? [] : distributionMatrices(scores.distribution)),
  ...(scores.method === 'top-k' ? ([['entropyError_BT', scores.entropyError_BT, entropies]] as const) : []),
]

const distributionMatrices = ({ s_BT, expectedS_BT, squares_BT }: Distribution): readonly Matrix[] => [
  ['distribution.s_BT', s_BT, finite],
  ['distribution.expectedS_BT', expectedS_BT, finite],
  ['distribution.squares_BT', squares_BT, shares],
]

/** Scores that a policy has to return for a batch. */
export interface ExpectedScores {
  /** Version of the scores before; a version never goes back. */
  readonly least: number
  /** Way in which the policy says that it makes its scores. */
  readonly method: ScoreMethod
  /** Score temperature. */
  readonly temperature: number
}

/**
 * Checks the scores of a policy where they enter a pipeline, and returns them.
 *
 * @errors PipelineError Diverged when every entropy is NaN, because the weights are; BrokenInvariant that names the prompt,
 *         the completion and the matrix, for a matrix of a wrong size, a value that it may not hold, a version that goes
 *         back, another method than the one of the policy, and log-probs at another temperature
 */
export const checkScores = (scores: Scores, batch: Batch, { least, temperature, method }: ExpectedScores): Scores => {
  const here = placeOf('policy', batch)
  checkObject(scores, here, 'scores')
  checkVersion(scores.version, `${here}: version`, least)
  if (scores.method !== method)
    throw brokenPort(`${here}: method`, scores.method, `${method}, the scoreMethod of the policy`)
  if (method !== 'sampled') checkObject(scores.distribution, `${here}: distribution`, `statistics of ${method} scores`)
  const matrices = matricesOf(scores)
  for (const [name, matrix_BT] of matrices) checkSize(matrix_BT, batch, `${here}: ${name}`)
  if (isNaNEverywhere(scores.entropy_BT, batch)) throw diverged(batch.step, 'entropy NaN in the scores of the policy')
  for (const [name, matrix_BT, values] of matrices) checkValues(matrix_BT, batch, { here, name, values })
  requireTemperature(scores, temperature, 'policy', batch.step)
  // The log-probs at temperature 1 are among the matrices above.
  if (temperature !== 1) checkLogprobs(scores, batch, { port: 'policy', temperature })
  return scores
}

/** Port that returns log-probs, and the temperature that it is asked for. */
export interface ExpectedLogprobs {
  readonly port: 'policy' | 'reference'
  readonly temperature: number
}

/**
 * Checks the log-probs of scores at a temperature, and returns them. No other field is read.
 *
 * @shape [B, T]
 * @errors PipelineError BrokenInvariant, as {@link checkScores}
 */
export const checkLogprobs = (scores: Scores, batch: Batch, { port, temperature }: ExpectedLogprobs): Float32Array => {
  const here = placeOf(port, batch)
  checkObject(scores, here, 'scores')
  const policy = port === 'policy' ? 'policy' : 'reference policy'
  const logprobs_BT = scoredLogprobs_BT(requireTemperature(scores, temperature, policy, batch.step))
  const name = temperature === 1 ? 'logprobs_BT' : 'tempered.logprobs_BT'
  checkSize(logprobs_BT, batch, `${here}: ${name}`)
  checkValues(logprobs_BT, batch, { here, name, values: logprobs })
  return logprobs_BT
}

const placeOf = (port: string, { step }: Batch): string => `${port}.score, step ${step}`

const checkSize = (matrix: unknown, { responses, width }: Batch, place: string): void => {
  const size = responses.length * width
  if (typedArrayName(matrix) !== 'Float32Array' || (matrix as Float32Array).length !== size)
    throw brokenPort(place, matrix, `a Float32Array of ${size}, ${responses.length} responses of ${width} tokens`)
}

interface CheckedMatrix {
  readonly here: string
  readonly name: string
  readonly values: Values
}

const checkValues = (matrix_BT: Float32Array, batch: Batch, { here, name, values }: CheckedMatrix): void => {
  const { least, most, expected } = values
  forEachRow(batch, (first, end, b) => {
    for (let place = first; place < end; place++) {
      const value = matrix_BT[place]!
      if (value >= least && value <= most) continue
      const { prompt } = batch.responses[b]!
      throw brokenNumber(
        `${here}, prompt ${describe(prompt.id)}, completion of response ${b}: ${name} of token ${place - first}`,
        value,
        expected,
      )
    }
  })
}

const isNaNEverywhere = (matrix_BT: Float32Array, { responses, width }: Batch): boolean => {
  const isNaNIn = (row: number, length: number) =>
    matrix_BT.subarray(row * width, row * width + length).every(Number.isNaN)
  return responses.length > 0 && responses.every(({ completion }, row) => isNaNIn(row, completion.tokens.length))
}
