import { isOp, type Node } from './node.js'
import { describeType } from './shape.js'
import { dependencies } from './traverse.js'

/** The roots again, where nodes with equal operation, attributes and inputs have become one. */
export const shareCommon = (roots: readonly Node[]): readonly Node[] => {
  const shared = new Map<Node, Node>()
  const byKey = new Map<string, Node>()
  const numbers = new Map<Node, number>()
  for (const node of dependencies(roots)) {
    const inputs = node.inputs.map((input) => shared.get(input)!)
    const key = `${node.op}(${inputs.map((input) => numbers.get(input)).join()}) ${attributesKey(node)} ${describeType(node)}`
    const known = byKey.get(key)
    const mergeable = known !== undefined && sameContent(known, node)
    const result = mergeable ? known : inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs }
    shared.set(node, result)
    if (mergeable) continue
    byKey.set(key, result)
    numbers.set(result, numbers.size)
  }
  return roots.map((root) => shared.get(root)!)
}

const attributesKey = (node: Node): string =>
  isOp(node, 'constant') ? String(contentHash(bitsOf(node))) : JSON.stringify(node.attributes)

/** A hash only finds candidates: constants merge where every bit agrees. Two inputs of one name are a mistake that must stay visible. */
const sameContent = (known: Node, node: Node): boolean => {
  if (!isOp(known, 'constant') || !isOp(node, 'constant')) return node.op !== 'input'
  const bits = bitsOf(node)
  return bitsOf(known).every((word, i) => word === bits[i])
}

/** One word an element. */
const bitsOf = ({ attributes: { data } }: Node<'constant'>): Uint32Array | Uint8Array =>
  data instanceof Int8Array
    ? new Uint8Array(data.buffer, data.byteOffset, data.length)
    : new Uint32Array(data.buffer, data.byteOffset, data.length)

/** FNV-1a over words. */
const contentHash = (words: Uint32Array | Uint8Array): number => {
  let hash = 0x811c9dc5
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
  return hash
}
