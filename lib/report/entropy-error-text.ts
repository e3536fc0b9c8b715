import type { ScoreMethod } from '../rollout/scores.js'

/** Fields of a step about the error of its entropy; null in logs of earlier versions. */
interface EntropyError {
  readonly scoreMethod: ScoreMethod | null
  readonly entropyError: number | null
}

/** Text of the error of an entropy and of the method of its scores, as in `± 0.004 (sampled)`; empty for exact scores. */
export const entropyErrorText = ({ scoreMethod, entropyError }: EntropyError): string => {
  if (scoreMethod === null || scoreMethod === 'exact') return ''
  return entropyError === null ? `(${scoreMethod})` : `± ${entropyError.toFixed(3)} (${scoreMethod})`
}
