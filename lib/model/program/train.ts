import { gradient } from '../../compute/gradient.js'
import { add, input } from '../../compute/operation/index.js'
import type { Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import { lossOf } from '../../objective/loss.js'
import type { Objective } from '../../objective/objective.js'
import type { DecoderConfig } from '../decoder-config.js'
import { parameterInputs, parameterShapes } from '../parameters.js'
import { describe, sequenceStatistics, type SequenceShape } from './sequence.js'

/** Names of the gradient outputs: this prefix and the weight's name. */
export const GRADIENT = 'gradient.'

/** Options of {@link trainProgram}. */
export interface TrainProgramOptions {
  /** Holds what each layer reads, and computes the rest of it again on the way back. */
  readonly gradientCheckpointing?: boolean
}

/**
 * Loss, its gradient and what is reported of one micro-batch.
 *
 * @shape inputs those of {@link sequenceStatistics}, and those of {@link lossOf}, as far as the objective reads them;
 *        outputs `gradient.NAME` and those of {@link lossOf}
 */
export const trainProgram = (
  config: DecoderConfig,
  objective: Objective,
  shape: SequenceShape,
  { gradientCheckpointing = false }: TrainProgramOptions = {},
): Program => {
  const parameters = parameterInputs(parameterShapes(config))
  const { statistics, stream } = sequenceStatistics(config, parameters, shape)
  const outputs = lossOf(objective, statistics, [shape.rows, shape.length])
  const gradients = gradient(outputs.loss, [...parameters.values()], gradientCheckpointing ? stream : [])
  const named = [...parameters.keys()].map((name, i) => [GRADIENT + name, gradients[i]!] as const)
  return program(`train ${objective.name} ${describe(shape)}`, {
    ...Object.fromEntries(named),
    ...outputs,
  })
}

/** Sum of two sets of gradients. */
export const accumulateProgram = (config: DecoderConfig): Program =>
  program(
    'accumulate gradients',
    Object.fromEntries(
      [...parameterShapes(config)].map(([name, shape]) => [
        GRADIENT + name,
        add(input(`a.${name}`, shape), input(`b.${name}`, shape)),
      ]),
    ),
  )
