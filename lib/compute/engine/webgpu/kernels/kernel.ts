import type { Node } from '../../../program/node.js'

/** One dispatch: WGSL code, the values that it reads and writes, and the number of its workgroups. */
export interface Kernel {
  /** Name for listings: the operations that the kernel joins, `,` between results of one thread, `|` between workgroups. */
  readonly label: string
  readonly code: string
  /** Values in the order of their bindings. */
  readonly bindings: readonly Binding[]
  readonly workgroups: number
  /** Number of threads of a workgroup. */
  readonly threads: number
}

/** Largest number of workgroups along one axis that every WebGPU device accepts. */
const ALONG = 65_535

/** Returns the numbers of workgroups of a dispatch along two axes. The last ones may be more than the kernel needs. */
export const gridOf = ({ workgroups }: Pick<Kernel, 'workgroups'>): readonly [x: number, y: number] => {
  const y = Math.ceil(workgroups / ALONG)
  return [Math.ceil(workgroups / y), y]
}

/** Value that a kernel reads or writes. */
export interface Binding {
  readonly node: Node
  readonly isWritten: boolean
}

/** Returns whether a value is never written while a program runs: its buffer may be bound for reading only. */
export const isReadOnly = ({ op }: Node): boolean => op === 'input' || op === 'constant'
