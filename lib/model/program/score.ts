import type { Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import type { DecoderConfig } from '../decoder-config.js'
import { namedInputs, weightShapes } from '../weights.js'
import { describeShape, sequenceStatistics, type SequenceShape } from './sequence.js'

/**
 * Program that scores completions at temperature 1. At another `temperature` it has the output `tempered`, too: the
 * log-prob at that temperature.
 *
 * @shape inputs those of {@link sequenceStatistics}; outputs `logprob`, `entropy`, `s`, `expectedS`, `squares` and `tempered`, each [B, T]
 * @units nats; squares has no unit
 */
export const scoreProgram = (config: DecoderConfig, shape: SequenceShape, temperature = 1): Program => {
  const { statistics, logprobAt } = sequenceStatistics(config, namedInputs(weightShapes(config)), shape)
  return program(
    `score ${describeShape(shape)}`,
    temperature === 1 ? statistics : { ...statistics, tempered: logprobAt(temperature) },
  )
}
