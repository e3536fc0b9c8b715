import type { Drift } from '../../lib/rollout/band.js'
import type { Rollout } from '../../lib/run/step-rollouts.js'
import { formatSigned } from './number-format.js'

type VerdictInput = Pick<Rollout, 'accepted' | 'advantage' | 'predictedChange'>

/** Returns why a rollout was accepted or rejected. `drift` is that of its step; undefined if it is not known. */
export const explainVerdict = (
  { accepted, advantage, predictedChange }: VerdictInput,
  drift: Drift | undefined,
): string => {
  if (advantage === null) return 'left out: it has no advantage'
  if (accepted) return 'accepted'
  if (drift === undefined || drift === 0) return 'rejected'
  const side = drift > 0 ? 'entropy is above its band' : 'entropy is below its band'
  const further = drift > 0 ? 'raise' : 'lower'
  if (drift * predictedChange > 0)
    return `rejected: ${side} and this is predicted to ${further} it (${formatSigned(predictedChange)})`
  if (drift * advantage < 0)
    return `rejected: ${side} and ${advantage < 0 ? 'a negative' : 'a positive'} advantage tends to ${further} it`
  return `rejected: ${side}`
}
