import { describe, typedArrayName } from '../describe.js'
import { forEachToken } from '../batch/tokens.js'
import { PipelineError } from '../pipeline-error.js'
import type { Batch, Scores } from '../rollout/batch.js'
import { brokenPort, checkObject, checkVersion, isLogprob, ROUNDING } from './check-group.js'

/** Matrix of {@link Scores}. */
type Matrix = Exclude<keyof Scores, 'version'>

/** Values that each matrix may hold at a token, and their words. */
const rules: Readonly<Record<Matrix, readonly [holds: (x: number) => boolean, expected: string]>> = {
  logprobs_BT: [isLogprob, 'a finite number <= 0'],
  entropy_BT: [(x) => Number.isFinite(x) && x >= -ROUNDING, 'a finite number >= 0'],
  s_BT: [Number.isFinite, 'a finite number'],
  expectedS_BT: [Number.isFinite, 'a finite number'],
  squares_BT: [(x) => x >= 0 && x <= 1 + ROUNDING, 'a number from 0 to 1'],
}

/**
 * Checks the scores of a policy where they enter a pipeline, and returns them. `least` is the version of the scores before.
 *
 * @errors PipelineError Diverged when every entropy is NaN, because the weights are; BrokenInvariant that names the prompt,
 *         the completion and the matrix, for a matrix of a wrong size, a value that it may not hold, and a version that goes
 *         back
 */
export const checkScores = (scores: Scores, batch: Batch, least: number): Scores => {
  const here = `policy.score, step ${batch.step}`
  checkObject(scores, here, 'scores')
  checkVersion(scores.version, `${here}: version`, least)
  for (const name of Object.keys(rules) as Matrix[]) checkSize(scores, name, batch, here)
  if (isNaNEverywhere(scores.entropy_BT, batch))
    throw new PipelineError(
      'Diverged',
      `step ${batch.step}: found entropy NaN in the scores of the policy, expected a finite number; a lower learning rate may prevent it`,
    )
  for (const name of Object.keys(rules) as Matrix[]) checkValues(scores, name, batch, here)
  return scores
}

/** Checks the log-probs of a reference policy, the only field that is read. @errors PipelineError BrokenInvariant */
export const checkReference = (scores: Scores, batch: Batch): Scores => {
  const here = `reference.score, step ${batch.step}`
  checkObject(scores, here, 'scores')
  checkSize(scores, 'logprobs_BT', batch, here)
  checkValues(scores, 'logprobs_BT', batch, here)
  return scores
}

const checkSize = (scores: Scores, name: Matrix, { responses, width }: Batch, here: string): void => {
  const size = responses.length * width
  const matrix: unknown = scores[name]
  if (typedArrayName(matrix) !== 'Float32Array' || scores[name].length !== size)
    throw brokenPort(
      `${here}: ${name}`,
      matrix,
      `a Float32Array of ${size}, ${responses.length} responses of ${width} tokens`,
    )
}

const checkValues = (scores: Scores, name: Matrix, batch: Batch, here: string): void => {
  const [holds, expected] = rules[name]
  forEachToken(batch, (place, b, t) => {
    const value = scores[name][place]!
    if (holds(value)) return
    const { prompt } = batch.responses[b]!
    throw brokenPort(
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
