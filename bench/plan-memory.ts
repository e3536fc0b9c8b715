import { factsOf } from '../lib/compute/engine/webgpu/plan/facts.js'
import { planOf } from '../lib/compute/engine/webgpu/plan/plan.js'
import type { Shape } from '../lib/compute/program/node.js'
import { sizeOf } from '../lib/compute/program/shape.js'
import { loraNames } from '../lib/model/lora/lora.js'
import { trainedShapes, weightShapes } from '../lib/model/weights.js'
import { modelPrograms } from '../lib/policy/local/model-programs.js'
import { sum } from '../lib/statistics.js'
import type { Cell, Table } from './bench.js'
import { type BenchModel, L, QWEN3_ADAPTERS, S, SMOLLM2, SMOLLM2_ADAPTERS } from './models.js'

/**
 * Memory that training takes on the engine `webgpu`, computed from the shapes and from the plan of the gradient. Frozen matrices are
 * in 16 bits, as in the files of these models; the column before shows what they would take in float32.
 */
export const memoryTable = (): Table => ({
  title: 'GPU memory of an update on the engine webgpu, MB',
  heading: [
    ...['model', 'batch', 'weights in float32', 'weights as kept', 'gradients and moments', 'arena', 'sum'],
    'more while it samples',
  ],
  rows: [S, L, SMOLLM2, SMOLLM2_ADAPTERS, QWEN3_ADAPTERS].map(memoryRow),
})

const memoryRow = ({ name, config, rows, length }: BenchModel): Cell[] => {
  const [weights, trained] = [weightShapes(config), trainedShapes(config)]
  const elements = (isCounted: (name: string, shape: Shape) => boolean) =>
    sum([...weights].map(([name, shape]) => (isCounted(name, shape) ? sizeOf(shape) : 0)))
  const float32 = 4 * elements(() => true)
  const kept = float32 - 2 * elements((name, { length: rank }) => !trained.has(name) && rank > 1)
  const state = 3 * 4 * elements((name) => trained.has(name))
  const { program, isResident } = modelPrograms(config, { rows, length }).train()
  const arena = factsOf(planOf(program), isResident).arena.bytes
  // Adapters are merged into copies of the weights that have them.
  const merged = 4 * elements((name) => weights.has(loraNames(name).a))
  const bytes = [float32, kept, state, arena, kept + state + arena, merged]
  return [name, `${rows} x ${length}`, ...bytes.map((count) => Math.round(count / 1e6))]
}
