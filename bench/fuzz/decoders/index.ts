import type { FuzzDecoders } from '../fuzz-decoder.js'
import { checkpointDecoders } from './checkpoints.js'
import { dashboardDecoders } from './dashboard.js'
import { dataDecoders } from './data.js'
import { modelDecoders } from './models.js'
import { runDecoders } from './runs.js'
import { tokenizerDecoders } from './tokenizers.js'

/**
 * Every decoder that reads files or messages from outside.
 *
 * To add one, write a row in the file of its subject: valid inputs, the structure of these inputs, and how they are read. The
 * bench and the specs take it from here.
 */
export const decoders: FuzzDecoders = {
  ...modelDecoders,
  ...tokenizerDecoders,
  ...dataDecoders,
  ...runDecoders,
  ...checkpointDecoders,
  ...dashboardDecoders,
}
