import { defer, map, type Observable, type OperatorFunction } from 'rxjs'
import type { Controller } from '../lib/entropy/controller.js'
import type { MeasuredBatch, Memory } from '../lib/rollout/batch.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { joinEntropyState } from './join-entropy-state.js'

/**
 * Applies a controller to every batch: it replaces advantages, or numbers that the objective reads. The controller's
 * memory is carried from step to step and recorded in each batch.
 *
 *     batches    -a-----b-------c---|
 *     state$     A--------B---C------      joined on the step
 *     memory      m1      m2    m3         m1: of control(A, a, initial), m2: of control(B, b, m1), ...
 *     output     -a'------b'----c'--|      a' = a with the output of control(A, a, initial)
 *
 * A batch without a measured entropy (NaN) has no responses: its advantages and the memory stay as they are. `initial` is the
 * memory before the first batch; a resumed run passes its last one.
 *
 * @errors PipelineError BrokenInvariant when the state of a step is missing; every error that the controller throws
 * @example
 * batches$.pipe(monitorEntropy(policy, control), applyController(control.state$, adapo()))
 */
export const applyController =
  <M extends Memory>(
    state$: Observable<EntropyState>,
    controller: Controller<M>,
    initial: M = controller.initial,
  ): OperatorFunction<MeasuredBatch, MeasuredBatch> =>
  (batches$) =>
    defer(() => {
      let memory = initial
      const control = (batch: MeasuredBatch, entropy: EntropyState): MeasuredBatch => {
        const output = Number.isNaN(entropy.entropy) ? { memory } : controller.control(entropy, batch, memory)
        const { advantages_B = batch.advantages_B, scalars = {} } = output
        memory = output.memory
        return { ...batch, advantages_B, controlled: { controller: controller.name, memory, scalars } }
      }
      return batches$.pipe(
        joinEntropyState(state$),
        map(([batch, entropy]) => control(batch, entropy)),
      )
    })
