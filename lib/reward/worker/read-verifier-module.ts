import * as E from 'fp-ts/lib/Either.js'
import { isObservable } from 'rxjs'
import type { Completion } from '../../rollout/completion.js'
import type { Prompt } from '../../rollout/prompt.js'
import type { RewardScale } from '../../rollout/reward.js'
import type { Verifier } from '../verifier.js'

/** Names under which a module may export its verifier. */
const exportNames = ['verifier', 'default'] as const

const rewardScales = ['signed', 'binary'] as const satisfies readonly RewardScale[]

/** Contents of a module that exports a verifier. */
export interface VerifierModule {
  readonly verifier: Verifier
  readonly rewardScale: RewardScale
}

/**
 * Imports a module that exports a verifier, and checks its exports. The left side says what the module exports instead.
 *
 * @errors rejects with the error of a module that does not load
 */
export const readVerifierModule = async (url: string): Promise<E.Either<string, VerifierModule>> => {
  const exported = (await import(url)) as Readonly<Record<string, unknown>>
  const verify = exportNames.map((name) => exported[name]).find((value) => value !== undefined)
  const rewardScale = rewardScales.find((name) => name === (exported['rewardScale'] ?? 'signed'))
  if (!isFunction(verify)) return E.left(describeExports(exported))
  if (rewardScale === undefined) return E.left(`rewardScale ${JSON.stringify(exported['rewardScale'])}`)
  return E.right({ verifier: (prompt, completion) => asStream(verify(prompt, completion)), rewardScale })
}

const isFunction = (value: unknown): value is (prompt: Prompt, completion: Completion) => unknown =>
  typeof value === 'function'

/** Accepts a verdict as well as a promise or a stream of one. A verdict that is none is refused where it is judged. */
const asStream = (result: unknown): ReturnType<Verifier> =>
  isObservable(result) || isIterableObject(result)
    ? (result as ReturnType<Verifier>)
    : (Promise.resolve(result) as Promise<never>)

const isIterableObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)

const describeExports = (exported: Readonly<Record<string, unknown>>): string => {
  const names = Object.keys(exported)
  return names.length === 0
    ? 'no exports'
    : `exports ${names.map((name) => `${name}: ${typeof exported[name]}`).join(', ')}`
}
