import type { Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import type { DecoderConfig } from '../decoder-config.js'
import { namedInputs, weightShapes } from '../weights.js'
import { describeShape, sequenceStatistics, type SequenceShape } from './sequence.js'

/**
 * Program that scores completions.
 *
 * @shape inputs those of {@link sequenceStatistics}; outputs `logprob`, `entropy`, `s`, `expectedS` and `squares`, each [B, T]
 * @units nats; squares has no unit
 */
export const scoreProgram = (config: DecoderConfig, shape: SequenceShape): Program =>
  program(
    `score ${describeShape(shape)}`,
    sequenceStatistics(config, namedInputs(weightShapes(config)), shape).statistics,
  )
