import type { Layout } from '../plan/layout.js'
import type { Plan } from '../plan/plan.js'
import type { Range } from './memory.js'

/**
 * Returns the memory of the inputs of a plan. Tensors of a pack that lie in one block as the pack does are used where they are, such
 * as the results of the step before. Others are copied together first.
 */
export const inputRanges = (
  { inputs, packedInputs }: Pick<Plan, 'inputs' | 'packedInputs'>,
  rangeOf: (name: string) => Range,
  copyTogether: (pack: Layout) => Range,
): ReadonlyMap<string, Range> => {
  const ranges = new Map<string, Range>()
  for (const name of inputs.keys()) {
    const pack = packedInputs.get(name)
    ranges.set(name, pack === undefined ? rangeOf(name) : (wholeOf(pack, rangeOf) ?? copyTogether(pack)))
  }
  return ranges
}

/** Returns the memory of a pack if its tensors lie in it already; undefined otherwise. */
const wholeOf = ({ members, bytes }: Layout, rangeOf: (name: string) => Range): Range | undefined => {
  const { block, offset } = rangeOf(members[0]!.name)
  const isWhole =
    offset + bytes <= block.buffer.size &&
    members.every((member) => {
      const range = rangeOf(member.name)
      return range.block === block && range.offset === offset + member.offset
    })
  return isWhole ? { block, offset, bytes } : undefined
}
