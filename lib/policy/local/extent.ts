import type { SequenceShape } from '../../model/program/sequence.js'
import type { Response } from '../../rollout/batch.js'
import { powerOfTwo, roundUp, rowsFor } from './executables.js'

/** Limit of one engine run, which limits its memory. A single sequence that exceeds it has a run of its own. */
export interface RunLimit {
  /** Maximum number of sequences. */
  readonly sequences: number
  /** Maximum number of tokens, prompts and padding included. */
  readonly tokens: number
}

/** Size of a micro-batch before padding: number of prompts and rows, and the longest of each. */
export type Extent = SequenceShape

/** Extent of a micro-batch without responses. */
export const emptyExtent: Extent = { prompts: 0, promptLength: 0, rows: 0, length: 0 }

/** Returns the extent with one more response. */
export const extend = (extent: Extent, response: Response, hasNewPrompt: boolean): Extent => ({
  prompts: extent.prompts + Number(hasNewPrompt),
  promptLength: Math.max(extent.promptLength, response.prompt.tokens.length),
  rows: extent.rows + 1,
  length: Math.max(extent.length, completionLength(response)),
})

/** Returns the padded shape of a micro-batch. */
export const paddedShape = (extent: Extent, limit: RunLimit): SequenceShape => {
  // The last token of a completion is predicted but not read.
  const length = 1 + paddedLength(Math.max(1, extent.length - 1))
  return {
    prompts: Math.min(limit.sequences, powerOfTwo(extent.prompts)),
    promptLength: paddedLength(extent.promptLength),
    rows: Math.min(limit.sequences, rowsFor(extent.rows, length)),
    length,
  }
}

/** Returns the number of tokens of one engine run. @units tokens */
export const tokensOf = ({ prompts, promptLength, rows, length }: SequenceShape): number =>
  prompts * promptLength + rows * length

/** Returns the length of a response's completion. @units tokens */
export const completionLength = ({ completion }: Response): number => completion.tokens.length

/** Returns a key that is equal for prompts with equal tokens. */
export const promptKey = ({ prompt }: Response): string => prompt.tokens.join()

/** Rounds a length up to 1, 2, a multiple of 4 or of more. Few lengths mean few compilations. @units tokens */
const paddedLength = (length: number): number => (length <= 2 ? length : roundUp(length, 4))
