import type { Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import type { DecoderConfig } from '../decoder-config.js'
import { parameterInputs, parameterShapes } from '../parameters.js'
import { describe, sequenceStatistics, type SequenceShape } from './sequence.js'

/** Outputs `logprob`, `entropy`, `s`, `expectedS`, `squares`, each [B, T]. */
export const scoreProgram = (config: DecoderConfig, shape: SequenceShape): Program =>
  program(
    `score ${describe(shape)}`,
    sequenceStatistics(config, parameterInputs(parameterShapes(config)), shape).statistics,
  )
