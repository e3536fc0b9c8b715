import { concatMap, defer, map, type Observable, type OperatorFunction } from 'rxjs'
import type { Controller } from '../lib/entropy/controller.js'
import type { EntropyState } from '../lib/rollout/entropy-state.js'
import type { ControllerState, MeasuredBatch } from '../lib/rollout/batch.js'
import { entropyStates } from './join-entropy-state.js'

/**
 * Weighs every batch by a controller, which remembers: its state is carried from batch to batch and travels with each.
 *
 *     batches    -a-----b-------c---|
 *     state$     A--------B---C------      joined on the batch id
 *     memory      s1      s2    s3         s1 = next(initial, A), s2 = next(s1, B), ...
 *     output     -a'------b'----c'--|      a' = a as weigh(s1, a) has it
 *
 * A batch without a measured entropy is weighed by the state as it stands.
 *
 * @errors PipelineError BrokenInvariant when the states end without that of a batch; whatever the controller throws
 */
export const applyController =
  <S extends ControllerState>(
    state$: Observable<EntropyState>,
    controller: Controller<S>,
    from: S = controller.initial,
  ): OperatorFunction<MeasuredBatch, MeasuredBatch> =>
  (batches$) =>
    defer(() => {
      let memory = from
      const weighed = (batch: MeasuredBatch, entropy: EntropyState): MeasuredBatch => {
        if (!Number.isNaN(entropy.entropy)) memory = controller.next(memory, entropy)
        const { advantages_B = batch.advantages_B, scalars = {} } = controller.control(memory, batch)
        return { ...batch, advantages_B, controlled: { controller: controller.name, state: memory, scalars } }
      }
      const states = entropyStates(state$)
      return batches$.pipe(
        concatMap((batch) => states.of(batch).pipe(map((state) => weighed(batch, state)))),
        states.whileSubscribed,
      )
    })
