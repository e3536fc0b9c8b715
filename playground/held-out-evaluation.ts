import { defer, type Observable, switchMap } from 'rxjs'
import type { Evaluation } from '../lib/evaluation/evaluation.js'
import { orThrow } from '../lib/or-throw.js'
import type { Policy } from '../lib/policy/policy.js'
import { distinctPrompts } from '../lib/task/distinct.js'
import type { Task } from '../lib/task/task.js'
import { evaluation } from '../pipelines/evaluation.js'
import { regime } from './regime.js'

/** Key of the held-out prompts. It is fixed, so that every run is evaluated on the same prompts. */
const HELD_OUT = 0

/** Evaluates a policy on prompts that no run trains on. */
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

/** Whether a run is evaluated after this number of steps. */
export const isEvaluated = (step: number, steps: number): boolean =>
  step % regime.evaluation.every === 0 || step === steps
