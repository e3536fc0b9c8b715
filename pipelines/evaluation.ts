import { defer, mergeMap, type Observable, tap } from 'rxjs'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import type { Sampling } from '../lib/policy/policy.js'
import type { RewardedGroup } from '../lib/rollout/rollout-group.js'
import { collectGroups } from '../operators/collect-groups.js'
import { createDemand, type DemandOptions } from '../lib/control/demand.js'
import { evaluate, type EvaluateOptions } from '../operators/evaluate.js'
import { prompts } from '../operators/prompts.js'
import { reward, type RewardOptions } from '../operators/reward.js'
import { rollout } from '../operators/rollout.js'
import { demandDefaults, type TrainingPorts } from './training.js'

/** What an evaluation works with. */
export type EvaluationPorts = Pick<TrainingPorts, 'policy' | 'verifier' | 'prompts'>

export interface EvaluationOptions extends EvaluateOptions {
  /** {@link evaluationSampling} but for what is given; `group` is the number of samples of each prompt. */
  readonly sampling: Partial<Sampling> & Pick<Sampling, 'maxTokens' | 'seed'>
  readonly demand?: Partial<DemandOptions>
  readonly reward?: RewardOptions
}

/** How the paper samples for its tables. */
export const evaluationSampling = {
  group: 32,
  temperature: 0.6,
  topK: 20,
  topP: 0.95,
} as const satisfies Partial<Sampling>

/** The answers of a policy to a set of prompts, judged, in the order of the prompts. */
export const judged = (
  { policy, verifier, prompts: source }: EvaluationPorts,
  options: Omit<EvaluationOptions, keyof EvaluateOptions>,
): Observable<RewardedGroup> =>
  defer(() => {
    const demand = createDemand({ ...demandDefaults, ...options.demand })
    return prompts(source, demand).pipe(
      rollout(policy, { ...evaluationSampling, ...options.sampling }),
      reward(verifier, options.reward),
      collectGroups(demand),
      tap(([group]) => group && demand.returnCredit(group.step)),
      mergeMap((groups) => groups),
    )
  })

/**
 * How well a policy answers a set of prompts: mean@k and pass@k, once, when all prompts are judged.
 *
 *     for each prompt:  c of n samples are correct;  mean = c / n,  pass@k = 1 - C(n - c, k) / C(n, k)
 *
 * Paper: pass@k, Chen et al., arXiv:2107.03374; sampling defaults, Li et al., arXiv:2604.26326, section 5.
 */
export const evaluation = (ports: EvaluationPorts, options: EvaluationOptions): Observable<Evaluation> =>
  judged(ports, options).pipe(evaluate(options))
