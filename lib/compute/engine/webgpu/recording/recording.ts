import type { GpuBindGroup, GpuBuffer, GpuDevice, GpuEncoder, GpuPipeline } from '../gpu.js'
import { gridOf } from '../kernels/kernel.js'
import type { Place, Plan } from '../plan/plan.js'
import { bytesOf } from '../plan/layout.js'
import type { Range } from './memory.js'
import type { Compiled } from './pipelines.js'

/** Command of a recording. */
type Command =
  | {
      readonly kind: 'dispatch'
      readonly pipeline: GpuPipeline
      readonly group: GpuBindGroup
      readonly x: number
      readonly y: number
    }
  | {
      readonly kind: 'copy'
      readonly from: GpuBuffer
      readonly fromOffset: number
      readonly to: GpuBuffer
      readonly toOffset: number
      readonly bytes: number
    }

/** Commands of a plan for one set of buffers. They are made once and replayed for every run with these buffers. */
export type Recording = readonly Command[]

/** Makes the commands of a plan. `rangeOf` returns the memory of a place. */
export const record = (
  device: GpuDevice,
  plan: Plan,
  compiled: readonly Compiled[],
  rangeOf: (place: Place, bytes: number) => Range,
): Recording => {
  let dispatches = 0
  return plan.steps.flatMap((step): Command[] => {
    if (step.kind === 'copy') {
      const [from, to] = [rangeOf(step.from, step.bytes), rangeOf(step.to, step.bytes)]
      // A cache that is updated in place is its own copy.
      if (from.block === to.block && from.offset === to.offset) return []
      return [
        {
          kind: 'copy',
          from: from.block.buffer,
          fromOffset: from.offset,
          to: to.block.buffer,
          toOffset: to.offset,
          bytes: step.bytes,
        },
      ]
    }
    const { pipeline, layout } = compiled[dispatches++]!
    const entries = step.kernel.bindings.map(({ node }, binding) => {
      const { block, offset, bytes } = rangeOf(plan.placeOf(node), bytesOf(node))
      return { binding, resource: { buffer: block.buffer, offset, size: Math.max(4, bytes) } }
    })
    const [x, y] = gridOf(step.kernel)
    return [{ kind: 'dispatch', pipeline, group: device.createBindGroup({ layout, entries }), x, y }]
  })
}

/** Encodes a recording. Dispatches between two copies share a pass, in which a pipeline stays set until another one is needed. */
export const replay = (recording: Recording, encoder: GpuEncoder): void => {
  let pass: ReturnType<GpuEncoder['beginComputePass']> | undefined
  let pipeline: GpuPipeline | undefined
  for (const command of recording) {
    if (command.kind === 'copy') {
      pass?.end()
      pass = pipeline = undefined
      encoder.copyBufferToBuffer(command.from, command.fromOffset, command.to, command.toOffset, command.bytes)
      continue
    }
    pass ??= encoder.beginComputePass()
    if (command.pipeline !== pipeline) pass.setPipeline((pipeline = command.pipeline))
    pass.setBindGroup(0, command.group)
    pass.dispatchWorkgroups(command.x, command.y)
  }
  pass?.end()
}
