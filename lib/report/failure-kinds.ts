import { PipelineError } from '../pipeline-error.js'
import type { VerifierFailure } from '../rollout/reward.js'

/** Number of failures of the verifier with one tag, and the message of the first of them. */
export interface FailureKind {
  readonly tag: VerifierFailure['_tag']
  readonly count: number
  /** Message of the first of these failures. */
  readonly message: string
}

/** Counts failures by tag, the most frequent first, after those that were counted before. */
export const failureKinds = (
  failures: readonly VerifierFailure[],
  before: readonly FailureKind[] = [],
): readonly FailureKind[] => {
  const kinds = new Map(before.map((kind) => [kind.tag, kind]))
  for (const { _tag: tag, message } of failures) {
    const kind = kinds.get(tag) ?? { tag, count: 0, message }
    kinds.set(tag, { ...kind, count: kind.count + 1 })
  }
  return [...kinds.values()].sort((a, b) => b.count - a.count)
}

/** Maximum length of a sample message in the text of failures. @units characters */
const LONGEST = 200

/** Text of the failures by tag: `VerifierThrew 6 (TypeError: no answer), VerifierTimedOut 2 (no verdict within 10000 ms)`. */
export const describeFailures = (kinds: readonly FailureKind[]): string =>
  kinds.map(({ tag, count, message }) => `${tag} ${count} (${message.slice(0, LONGEST)})`).join(', ')

/** Error of a run, or of an evaluation, in which the verifier failed on every completion. */
export const noVerdict = (kinds: readonly FailureKind[]): PipelineError =>
  new PipelineError(
    'NoVerdict',
    `found no verdict in the whole run, expected at least one; the verifier failed on every completion: ${describeFailures(kinds)}`,
  )
