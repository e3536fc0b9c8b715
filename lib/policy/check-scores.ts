import { describe, typedArrayName } from '../describe.js'
import { requireTemperature, scoredLogprobs_BT } from '../batch/score-temperature.js'
import { forEachToken } from '../batch/tokens.js'
import type { Batch, Scores } from '../rollout/batch.js'
import { brokenNumber, brokenPort, checkObject, checkVersion, diverged, isLogprob, ROUNDING } from './check-group.js'

/** Matrix of {@link Scores}. */
type Matrix = Exclude<keyof Scores, 'version' | 'tempered'>

/** Condition of the values of a matrix, and its words in an error message. */
type Values = readonly [holds: (x: number) => boolean, expected: string]

const logprobs: Values = [isLogprob, 'a finite number <= 0']

/** Values that each matrix may hold at a token. */
const rules: Readonly<Record<Matrix, Values>> = {
  logprobs_BT: logprobs,
  entropy_BT: [(x) => Number.isFinite(x) && x >= -ROUNDING, 'a finite number >= 0'],
  s_BT: [Number.isFinite, 'a finite number'],
  expectedS_BT: [Number.isFinite, 'a finite number'],
  squares_BT: [(x) => x >= 0 && x <= 1 + ROUNDING, 'a number from 0 to 1'],
}

/** Scores that a policy has to return for a batch. */
export interface ExpectedScores {
  /** Version of the scores before; a version never goes back. */
  readonly least: number
  /** Score temperature. */
  readonly temperature: number
}

/**
 * Checks the scores of a policy where they enter a pipeline, and returns them.
 *
 * @errors PipelineError Diverged when every entropy is NaN, because the weights are; BrokenInvariant that names the prompt,
 *         the completion and the matrix, for a matrix of a wrong size, a value that it may not hold, a version that goes
 *         back, and log-probs at another temperature
 */
export const checkScores = (scores: Scores, batch: Batch, { least, temperature }: ExpectedScores): Scores => {
  const here = placeOf('policy', batch)
  checkObject(scores, here, 'scores')
  checkVersion(scores.version, `${here}: version`, least)
  const names = Object.keys(rules) as Matrix[]
  for (const name of names) checkSize(scores[name], batch, `${here}: ${name}`)
  if (isNaNEverywhere(scores.entropy_BT, batch)) throw diverged(batch.step, 'entropy NaN in the scores of the policy')
  for (const name of names) checkValues(scores[name], batch, { here, name, values: rules[name] })
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
  const [holds, expected] = values
  forEachToken(batch, (place, b, t) => {
    const value = matrix_BT[place]!
    if (holds(value)) return
    const { prompt } = batch.responses[b]!
    throw brokenNumber(
      `${here}, prompt ${describe(prompt.id)}, completion of response ${b}: ${name} of token ${t}`,
      value,
      expected,
    )
  })
}

const isNaNEverywhere = (matrix_BT: Float32Array, batch: Batch): boolean => {
  let [tokens, missing] = [0, 0]
  forEachToken(batch, (place) => {
    tokens++
    if (Number.isNaN(matrix_BT[place])) missing++
  })
  return tokens > 0 && missing === tokens
}
