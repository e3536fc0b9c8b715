import { defer, type Observable, switchMap } from 'rxjs'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import { orThrow } from '../lib/or-throw.js'
import type { Policy } from '../lib/policy/policy.js'
import { distinctPrompts } from '../lib/task/distinct.js'
import type { Task } from '../lib/task/task.js'
import { evaluation } from '../pipelines/evaluation.js'
import { regime } from './regime.js'

/** Key of the held-out prompts: every run is asked the same ones. */
const HELD_OUT = 0

/** How good a policy is on prompts that no run trains on. */
export const heldOutEvaluation = (policy: Policy, task: Task, seed: number): Observable<Evaluation> =>
  defer(() => orThrow(distinctPrompts(task.prompts('test', HELD_OUT), regime.evaluation.prompts))).pipe(
    switchMap((prompts) =>
      evaluation(
        { policy, verifier: task.verifier, prompts },
        {
          ks: regime.evaluation.ks,
          sampling: { group: regime.evaluation.samples, maxTokens: regime.maxTokens, seed },
          seed,
        },
      ),
    ),
  )

/** Whether a run is evaluated after so many steps. */
export const isEvaluated = (step: number, steps: number): boolean =>
  step % regime.evaluation.every === 0 || step === steps
