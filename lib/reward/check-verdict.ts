import * as E from 'fp-ts/lib/Either.js'
import { describe } from '../describe.js'
import { faults, type Reward, type VerifierFailure } from '../rollout/reward.js'

/** Reward of a completion, or the failure of its verifier. */
export type Verdict = E.Either<VerifierFailure, Reward>

/** Builds a verdict that is missing. */
export const failure = (_tag: VerifierFailure['_tag'], message: string): Verdict => E.left({ _tag, message })

/**
 * Checks a verdict field by field, because verifiers are users' code and may be plain JavaScript. The fields are copied
 * once, before they are checked, so that a later change of the verdict has no effect.
 *
 * @errors a getter of the verdict that throws
 */
export const checkVerdict = (reward: Partial<Reward> | null | undefined): Verdict => {
  const { value, correct, answer, fault, parts } = reward ?? {}
  if (typeof value !== 'number' || typeof correct !== 'boolean')
    return failure(
      'MalformedVerdict',
      `found ${typeName(reward)} with value ${typeof value} and correct ${typeof correct}, expected a number and a boolean`,
    )
  if (answer !== undefined && typeof answer !== 'string')
    return failure('MalformedVerdict', `found answer ${typeof answer}, expected a text or none`)
  if (fault !== undefined && !faults.includes(fault))
    return failure('MalformedVerdict', `found fault ${describe(fault)}, expected ${faults.join(', ')} or none`)
  const copied =
    typeof parts === 'object' && (parts as unknown) !== null ? Object.fromEntries(Object.entries(parts)) : parts
  if (copied !== undefined && !isRecordOfNumbers(copied))
    return failure('MalformedVerdict', `found parts ${typeName(parts)}, expected finite numbers by name, or none`)
  if (!Number.isFinite(value)) return failure('NonFiniteReward', `found reward ${value}, expected a finite number`)
  return E.right({
    value,
    correct,
    ...(answer === undefined ? {} : { answer }),
    ...(fault === undefined ? {} : { fault }),
    ...(copied === undefined ? {} : { parts: copied }),
  })
}

const isRecordOfNumbers = (parts: unknown): boolean =>
  typeof parts === 'object' && parts !== null && Object.values(parts).every(Number.isFinite)

const typeName = (value: unknown): string => (value === null ? 'null' : typeof value)
