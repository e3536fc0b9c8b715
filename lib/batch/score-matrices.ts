import type { Scores } from '../rollout/scores.js'

/** Matrix of scores and its path in them, such as `distribution.s_BT`. @shape matrix_BT [B, T] */
export type ScoreMatrix = readonly [path: string, matrix_BT: Float32Array]

/** Returns the matrices of scores, each with its path. Which of them scores have depends on their method. */
export const scoreMatrices = (scores: Scores): readonly ScoreMatrix[] => {
  const { logprobs_BT, entropy_BT, distribution = {}, tempered } = scores
  return [
    ['logprobs_BT', logprobs_BT],
    ['entropy_BT', entropy_BT],
    ...Object.entries<Float32Array>({ ...distribution }).map(([name, matrix_BT]): ScoreMatrix => [
      `distribution.${name}`,
      matrix_BT,
    ]),
    ...(scores.method === 'top-k' ? [['entropyError_BT', scores.entropyError_BT] satisfies ScoreMatrix] : []),
    ...(tempered === undefined ? [] : [['tempered.logprobs_BT', tempered.logprobs_BT] satisfies ScoreMatrix]),
  ]
}
