import { defer, mergeMap, type Observable, pipe, tap } from 'rxjs'
import { createDemand, type DemandOptions } from '../lib/control/demand.js'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import type { Sampling } from '../lib/policy/policy.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups } from '../operators/collect-groups.js'
import { checkKs, evaluate, type EvaluateOptions } from '../operators/evaluate.js'
import { prompts } from '../operators/prompts.js'
import { reward, type RewardOptions } from '../operators/reward.js'
import { rollout } from '../operators/rollout.js'
import { demandDefaults, type TrainingPorts } from './training-options.js'

/** Ports of an evaluation: the policy, the verifier and the prompts. */
export type EvaluationPorts = Pick<TrainingPorts, 'policy' | 'verifier' | 'prompts'>

/** Options of an evaluation. */
export interface EvaluationOptions extends EvaluateOptions {
  /** Sampling of the answers. `group` is the number of samples per prompt. Defaults: {@link evaluationSampling}. */
  readonly sampling: Partial<Sampling> & Pick<Sampling, 'maxTokens' | 'seed'>
  /** Batch size and batches in flight. Defaults: {@link demandDefaults}. */
  readonly demand?: Partial<DemandOptions>
  /** Time limit of the verifier, and number of its checks at the same time. */
  readonly reward?: RewardOptions
}

/** Sampling defaults of evaluations, as in the tables of the Entrocraft paper: 32 samples per prompt at temperature 0.6. */
export const evaluationSampling = {
  group: 32,
  temperature: 0.6,
  topK: 20,
  topP: 0.95,
} as const satisfies Partial<Sampling>

/**
 * Emits the answers of a policy to all prompts, with their rewards, in the order of the prompts.
 *
 * @errors RangeError, thrown by the call, for an impossible option; every error of the policy and of the source
 */
export const judgeAnswers = (
  { policy, verifier, prompts: source }: EvaluationPorts,
  options: Omit<EvaluationOptions, keyof EvaluateOptions>,
): Observable<RewardedGroup> => {
  const newDemand = () => createDemand({ ...demandDefaults, ...options.demand })
  // Impossible options fail at the call, and not at the subscription.
  newDemand()
  const judge = pipe(rollout(policy, { ...evaluationSampling, ...options.sampling }), reward(verifier, options.reward))
  return defer(() => {
    const demand = newDemand()
    return prompts(source, demand).pipe(
      judge,
      collectGroups(demand),
      tap(([group]) => group && demand.returnCredit(group.step)),
      mergeMap((groups) => groups),
    )
  })
}

/**
 * Evaluates a policy on a set of prompts: emits mean@k and pass@k once, when all answers are judged.
 *
 *     for each prompt:  c of n samples are correct;  mean = c / n,  pass@k = 1 - C(n - c, k) / C(n, k)
 *
 * @errors RangeError, thrown by the call, for an impossible option, such as a k above the number of samples; PipelineError
 *         NoVerdict when the verifier failed on every answer; every error of the policy and of the source
 * @source pass@k: Chen et al., arXiv:2107.03374; sampling defaults: Entrocraft, arXiv:2604.26326, section 5
 * @example
 * evaluation({ policy, verifier, prompts }, { ks: [1, 8], sampling: { maxTokens: 256, seed: 7 } }).subscribe(console.log)
 */
export const evaluation = (ports: EvaluationPorts, options: EvaluationOptions): Observable<Evaluation> => {
  const answers$ = judgeAnswers(ports, options)
  checkKs(options.ks, options.sampling.group ?? evaluationSampling.group)
  return answers$.pipe(evaluate(options))
}
