import type { HostTensor } from '../../../program/node.js'
import { align } from '../plan/arena.js'
import { wordsOf } from './transfer.js'

/** Host tensors in one piece, which one write copies to the GPU. */
export interface Staged {
  readonly bytes: Uint8Array
  readonly places: readonly StagedPlace[]
}

/** Place of a tensor in the piece. */
interface StagedPlace {
  readonly name: string
  readonly offset: number
  readonly bytes: number
}

/** Copies host tensors into one piece. */
export const stage = (tensors: readonly (readonly [name: string, tensor: HostTensor])[]): Staged => {
  let end = 0
  const words = tensors.map(([name, { data }]) => {
    const each = { name, offset: end, words: wordsOf(data) }
    end += align(each.words.length)
    return each
  })
  const bytes = new Uint8Array(end)
  for (const each of words) bytes.set(each.words, each.offset)
  return { bytes, places: words.map(({ name, offset, words: { length } }) => ({ name, offset, bytes: length })) }
}
