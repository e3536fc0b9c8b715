import { defer, map, type Observable, type OperatorFunction } from 'rxjs'
import type { Controller } from '../lib/entropy/controller.js'
import type { ControllerState, MeasuredBatch } from '../lib/rollout/batch.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import { joinEntropyState } from './join-entropy-state.js'

/**
 * Applies a controller to every batch: it replaces advantages, or numbers that the objective reads. The controller's
 * memory is carried from step to step and recorded in each batch.
 *
 *     batches    -a-----b-------c---|
 *     state$     A--------B---C------      joined on the step
 *     memory      s1      s2    s3         s1 = next(initial, A), s2 = next(s1, B), ...
 *     output     -a'------b'----c'--|      a' = a with the output of control(s1, a)
 *
 * A batch without a measured entropy (NaN) leaves the memory unchanged. `initial` is the memory before the first batch; a
 * resumed run passes its last one.
 *
 * @errors PipelineError BrokenInvariant when the state of a step is missing; every error that the controller throws
 * @example
 * batches$.pipe(monitorEntropy(policy, control), applyController(control.state$, adapo()))
 */
export const applyController =
  <S extends ControllerState>(
    state$: Observable<EntropyState>,
    controller: Controller<S>,
    initial: S = controller.initial,
  ): OperatorFunction<MeasuredBatch, MeasuredBatch> =>
  (batches$) =>
    defer(() => {
      let memory = initial
      const control = (batch: MeasuredBatch, entropy: EntropyState): MeasuredBatch => {
        if (!Number.isNaN(entropy.entropy)) memory = controller.next(memory, entropy)
        const { advantages_B = batch.advantages_B, scalars = {} } = controller.control(memory, batch)
        return { ...batch, advantages_B, controlled: { controller: controller.name, state: memory, scalars } }
      }
      return batches$.pipe(
        joinEntropyState(state$),
        map(([batch, entropy]) => control(batch, entropy)),
      )
    })
