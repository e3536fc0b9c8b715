import { isOp, type Node } from './node.js'
import { describeType } from './shape.js'
import { dependencies } from './traverse.js'

/**
 * Returns the roots after common subexpression elimination: nodes of equal operation, attributes and inputs are merged.
 */
export const shareCommon = (roots: readonly Node[]): readonly Node[] => {
  const shared = new Map<Node, Node>()
  const byKey = new Map<string, Node>()
  const numbers = new Map<Node, number>()
  for (const node of dependencies(roots)) {
    const inputs = node.inputs.map((input) => shared.get(input)!)
    const key = `${node.op}(${inputs.map((input) => numbers.get(input)).join()}) ${attributesKey(node)} ${describeType(node)}`
    const known = byKey.get(key)
    const isShared = known !== undefined && hasSameContent(known, node)
    const result = isShared ? known : inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs }
    shared.set(node, result)
    if (isShared) continue
    byKey.set(key, result)
    numbers.set(result, numbers.size)
  }
  return roots.map((root) => shared.get(root)!)
}

const attributesKey = (node: Node): string =>
  isOp(node, 'constant') ? String(contentHash(bitsOf(node))) : JSON.stringify(node.attributes)

/**
 * Returns whether two nodes with the same key may be merged. The key of a constant is a hash, so every bit is compared.
 * Two inputs of one name are never merged, because they are a mistake that `program` reports.
 */
const hasSameContent = (known: Node, node: Node): boolean => {
  if (!isOp(known, 'constant') || !isOp(node, 'constant')) return node.op !== 'input'
  const bits = bitsOf(node)
  return bitsOf(known).every((word, i) => word === bits[i])
}

/** Returns the bits of a constant, one word for each element. */
const bitsOf = ({ attributes: { data } }: Node<'constant'>): Uint32Array | Uint8Array =>
  data instanceof Int8Array
    ? new Uint8Array(data.buffer, data.byteOffset, data.length)
    : new Uint32Array(data.buffer, data.byteOffset, data.length)

/** Hash function FNV-1a over words. */
const contentHash = (words: Uint32Array | Uint8Array): number => {
  let hash = 0x811c9dc5
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193)
  return hash
}
