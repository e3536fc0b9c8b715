import type { DType, Node } from '../../../program/node.js'
import { isNarrow } from '../plan/narrow-inputs.js'
import { type Binding, isReadOnly } from './kernel.js'

/** WGSL type of the elements of a buffer. Four int8 share a word, and so do two numbers of 16 bits. */
const storedType: Readonly<Record<DType, string>> = { float32: 'f32', int32: 'i32', int8: 'u32' }

/** Bindings of a kernel, numbered in the order in which its code names them. */
export class Bindings {
  readonly #names = new Map<Node, string>()
  readonly #declarations: string[] = []
  readonly list: Binding[] = []
  #variables = 0

  /** New name of a variable of the kernel. Equal kernels have equal names, so that they share a pipeline. */
  name(): string {
    return `v${this.#variables++}`
  }

  /** Name of the buffer of a value that the kernel reads. With 4 components it is an array of vec4. */
  read(node: Node, components: 1 | 4 = 1): string {
    return this.#names.get(node) ?? this.#add(node, isReadOnly(node) ? 'read' : 'read_write', components, false)
  }

  /** Name of the buffer of a value that the kernel writes. */
  write(node: Node, components: 1 | 4 = 1): string {
    return this.#add(node, 'read_write', components, true)
  }

  /** Declarations of all buffers. */
  get declarations(): string {
    return this.#declarations.join('\n')
  }

  #add(node: Node, access: string, components: 1 | 4, isWritten: boolean): string {
    const name = `b${this.list.length}`
    const type = isNarrow(node) ? 'u32' : storedType[node.dtype]
    const element = components === 4 ? `vec4<${type}>` : type
    this.#declarations.push(
      `@group(0) @binding(${this.list.length}) var<storage, ${access}> ${name}: array<${element}>;`,
    )
    this.#names.set(node, name)
    this.list.push({ node, isWritten })
    return name
  }
}
