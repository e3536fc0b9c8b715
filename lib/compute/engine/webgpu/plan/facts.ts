import type { Node } from '../../../program/node.js'
import { gridOf } from '../kernels/kernel.js'
import { bytesOf } from './layout.js'
import type { Plan } from './plan.js'
import { workOf } from './work.js'

/** Origin of a value that a kernel reads: an earlier kernel by its number from 1, inputs of the program, or a constant. */
export type Origin =
  | { readonly kind: 'kernel'; readonly number: number }
  | { readonly kind: 'input'; readonly names: readonly string[] }
  | { readonly kind: 'constant' }

/** Facts about one kernel of a plan. Bytes and operations are those of {@link workOf}. */
export interface KernelFacts {
  readonly label: string
  /** Workgroups along two axes. */
  readonly grid: readonly [x: number, y: number]
  /** Threads of a workgroup. */
  readonly threads: number
  readonly inputs: readonly Origin[]
  readonly bytesRead: number
  readonly bytesWritten: number
  /** Floating-point operations. */
  readonly flops: number
}

/** Facts about a plan. */
export interface PlanFacts {
  /** Number of nodes of the program. */
  readonly nodes: number
  readonly kernels: readonly KernelFacts[]
  /** Number of kernels with different code. */
  readonly pipelines: number
  /** Number of copies within GPU memory, without those of caches that are written in place. */
  readonly copies: number
  /** Size of the arena, and the largest number of bytes in it that are alive at the same time. @units bytes */
  readonly arena: { readonly bytes: number; readonly bound: number }
  /** Bytes that a run copies to the GPU and back. */
  readonly bytesIn: number
  readonly bytesOut: number
}

/** Returns facts about a plan. `isResident` tells the inputs and outputs that stay on the GPU between two runs by their names. */
export const factsOf = (plan: Plan, isResident: (name: string) => boolean): PlanFacts => {
  const writers = new Map<Node, number>()
  const kernels: KernelFacts[] = []
  const codes = new Set<string>()
  for (const step of plan.steps) {
    if (step.kind === 'copy') continue
    const { kernel, launch } = step
    const { reads, writes, flops } = workOf(launch, plan.isStored)
    kernels.push({
      label: kernel.label,
      grid: gridOf(kernel),
      threads: kernel.threads,
      inputs: [...reads.keys()].map((node) => originOf(node, plan, writers)),
      bytesRead: total(reads.values()),
      bytesWritten: total(writes.values()),
      flops,
    })
    codes.add(kernel.code)
    for (const node of writes.keys()) writers.set(node, kernels.length)
  }
  const { inputs, outputs } = plan.program
  return {
    nodes: plan.nodes,
    kernels,
    pipelines: codes.size,
    copies: plan.steps.length - kernels.length - plan.inPlace.size,
    arena: plan.arena,
    bytesIn: copiedBytes(inputs, isResident),
    bytesOut: copiedBytes(outputs, isResident),
  }
}

const originOf = (node: Node, { placeOf, packedInputs }: Plan, writers: ReadonlyMap<Node, number>): Origin => {
  const number = writers.get(node)
  if (number !== undefined) return { kind: 'kernel', number }
  const place = placeOf(node)
  if (place.kind !== 'input') return { kind: 'constant' }
  return { kind: 'input', names: packedInputs.get(place.name)?.members.map(({ name }) => name) ?? [place.name] }
}

const copiedBytes = (values: ReadonlyMap<string, Node>, isResident: (name: string) => boolean): number =>
  total([...values].map(([name, node]) => (isResident(name) ? 0 : bytesOf(node))))

const total = (numbers: Iterable<number>): number => [...numbers].reduce((sum, each) => sum + each, 0)
