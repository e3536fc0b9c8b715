import { type Layout, layoutOf } from '../plan/layout.js'
import type { Plan } from '../plan/plan.js'
import type { Block, Range } from './memory.js'

/**
 * Layouts of the outputs of a plan in one block, with the members of packed outputs. An output that is written over an input needs no
 * place. A layout is made once for each set of such outputs.
 */
export class ResultLayouts {
  readonly #known = new Map<string, Layout>()

  constructor(private readonly plan: Pick<Plan, 'outputs' | 'packedOutputs'>) {}

  /** Returns the layout of all outputs but those of the given names. */
  without(reused: readonly string[]): Layout {
    const key = reused.join()
    const layout = this.#known.get(key) ?? this.#make(new Set(reused))
    this.#known.set(key, layout)
    return layout
  }

  #make(reused: ReadonlySet<string>): Layout {
    const { bytes, members } = layoutOf([...this.plan.outputs].filter(([name]) => !reused.has(name)))
    const packed = members.flatMap(({ name, offset: start }) =>
      (this.plan.packedOutputs.get(name)?.members ?? []).map((member) => ({
        ...member,
        offset: start + member.offset,
      })),
    )
    return { bytes, members: [...members, ...packed] }
  }
}

/** Returns the memory of every member of a layout that lies in a block. */
export const rangesIn = ({ members }: Layout, block: Block | undefined): ReadonlyMap<string, Range> =>
  new Map(members.map(({ name, offset, bytes }) => [name, { block: block!, offset, bytes }]))
