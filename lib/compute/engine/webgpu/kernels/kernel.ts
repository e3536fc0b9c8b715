import type { Node } from '../../../program/node.js'

/** One dispatch: WGSL code, the values that it reads and writes, and the number of its workgroups. */
export interface Kernel {
  /** Name for listings: the operations that the kernel joins, `,` between results of one thread, `|` between workgroups. */
  readonly label: string
  readonly code: string
  /** Values in the order of their bindings. */
  readonly bindings: readonly Binding[]
  readonly workgroups: number
}

/** Value that a kernel reads or writes. */
export interface Binding {
  readonly node: Node
  readonly isWritten: boolean
}

/** Returns whether a value is never written while a program runs: its buffer may be bound for reading only. */
export const isReadOnly = ({ op }: Node): boolean => op === 'input' || op === 'constant'
