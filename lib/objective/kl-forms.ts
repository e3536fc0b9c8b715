import { exp, mul, neg, scalar, sub } from '../compute/operation/index.js'
import type { Node } from '../compute/program/node.js'
import { checkOption, oneOf } from '../option.js'
import { clamp, LOG_RATIO_BOUND } from './ratio.js'

/**
 * KL estimator from one sampled token, as a function of d = reference logprob - logprob.
 *
 *     KL(policy || reference) = E[ form(d) ]        the expectation is over tokens sampled from the policy
 *
 * @units  nats
 * @source Schulman, "Approximating KL Divergence", 2020, http://joschu.net/blog/kl-approx.html
 */
export interface KlForm {
  /** Description of the estimator in one phrase. */
  readonly about: string
  /** The estimator in a loss. @shape [B, T]  ->  [B, T] */
  readonly nodes: (d_BT: Node) => Node
  /** The estimator in a reward, for one token. */
  readonly value: (d: number) => number
}

/**
 * KL estimator k1: the log ratio itself.
 *
 *     k1 = -d
 *
 * It has no bias, a high variance, and may be negative.
 */
const k1: KlForm = { about: '-d: no bias, high variance, may be negative', nodes: neg, value: (d) => -d }

/**
 * KL estimator k2: half the squared log ratio.
 *
 *     k2 = d^2 / 2
 *
 * It has a small bias and a low variance, and is never negative.
 */
const k2: KlForm = {
  about: 'd^2 / 2: small bias, low variance, never negative',
  nodes: (d_BT) => mul(scalar(0.5), mul(d_BT, d_BT)),
  value: (d) => d ** 2 / 2,
}

/** Bound of the estimate k3, as in verl. @units nats */
const LARGEST_K3 = 10

/** Value of d, held in [-20, 20]. @units nats */
export const boundedLogRatio = (d: number): number => Math.min(LOG_RATIO_BOUND, Math.max(-LOG_RATIO_BOUND, d))

/**
 * KL estimator k3 of one token, without bounds.
 *
 *     k3 = e^d - 1 - d
 *
 * @units nats
 */
export const unboundedK3 = (d: number): number => Math.expm1(d) - d

/**
 * KL estimator k3, with the bounds of verl.
 *
 *     k3 = e^d - 1 - d        d is held in [-20, 20], the result in [-10, 10]
 *
 * It has no bias and a low variance, and is never negative; the bounds add a bias where the policies differ strongly.
 */
const k3: KlForm = {
  about: 'e^d - 1 - d: no bias, low variance, never negative',
  nodes: (d_BT) => {
    const d = clamp(d_BT, scalar(-LOG_RATIO_BOUND), scalar(LOG_RATIO_BOUND))
    return clamp(sub(sub(exp(d), d), scalar(1)), scalar(-LARGEST_K3), scalar(LARGEST_K3))
  },
  value: (d) => Math.min(LARGEST_K3, unboundedK3(boundedLogRatio(d))),
}

/**
 * KL estimators by name.
 *
 * @example
 * withKl(ppoClip(), { klCoefficient: 1e-3, klForm: 'k3' })
 */
export const klForms = { k1, k2, k3 } as const satisfies Record<string, KlForm>

/** Name of a KL estimator in the registry {@link klForms}. */
export type KlFormName = keyof typeof klForms

/** Place of a KL penalty: a term of the loss, or subtracted from the reward. */
export type KlPlace = 'loss' | 'reward'

/** Options of the KL penalty against the reference policy. */
export interface KlOptions {
  /** Coefficient of the KL penalty; 0 has no effect. @units reward or loss per nat */
  readonly klCoefficient?: number
  /** Name of the KL estimator. Default: k3 in the loss, k1 in the reward. */
  readonly klForm?: KlFormName
  /** If true, every estimator is accepted in either place, also where its gradient is not that of the KL divergence. */
  readonly klAnyForm?: boolean
}

/** Estimators whose expected gradient holds the policy at the reference, for each place; the first is the default. */
const fittingForms: Readonly<Record<KlPlace, readonly [KlFormName, ...KlFormName[]]>> = {
  loss: ['k3', 'k2'],
  reward: ['k1'],
}

/**
 * Returns the reason why a KL estimator does not fit its place; null if it does.
 *
 *     loss     E[ grad k2 ] = grad KL(policy || reference),  E[ grad k3 ] = grad KL(reference || policy),  E[ grad k1 ] = 0
 *     reward   E[ k1 grad logprob ] = grad KL(policy || reference);  E[ k3 grad logprob ] is the difference of both gradients
 */
export const klFormProblem = (place: KlPlace, form: KlFormName): string | null => {
  if (fittingForms[place].includes(form)) return null
  return place === 'loss'
    ? `found ${form} in the loss, where its expected gradient is 0, expected k3 or k2; klAnyForm accepts it`
    : `found ${form} in the reward, where it can push the policy away from the reference, expected k1; klAnyForm accepts it`
}

/**
 * Returns the estimator of a KL penalty: the given one if it fits its place, or the default of the place.
 *
 * @errors RangeError for an unknown estimator, and with the reason for one that does not fit its place if `klAnyForm` is not set
 */
export const klFormIn = (place: KlPlace, { klForm, klAnyForm = false }: KlOptions): KlForm => {
  const form = klForm ?? fittingForms[place][0]
  checkOption('klForm', form, oneOf(Object.keys(klForms)))
  const problem = klFormProblem(place, form)
  if (problem !== null && !klAnyForm) throw new RangeError(`klForm: ${problem}`)
  return klForms[form]
}
