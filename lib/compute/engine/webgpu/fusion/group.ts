import type { Node } from '../../../program/node.js'

/** Groups that one dispatch computes beside each other, each with workgroups of its own. */
export type Launch = readonly Group[]

/** Nodes that the threads of one kernel compute together. */
export interface Group {
  /** Operation with a kernel of its own, such as a product or a sum; null for elementwise operations and views alone. */
  readonly anchor: Node | null
  /** Operations that follow the anchor element by element, in order. The last one is stored instead of the anchor. */
  readonly epilogue: readonly Node[]
  /** Values that the kernel stores. */
  readonly outputs: readonly Node[]
  readonly label: string
}
