import { gradient } from '../../compute/gradient.js'
import { add, input } from '../../compute/operation/index.js'
import type { Program } from '../../compute/program/node.js'
import { program } from '../../compute/program/program.js'
import { lossOf } from '../../objective/loss.js'
import type { Objective } from '../../objective/objective.js'
import type { DecoderConfig } from '../decoder-config.js'
import { namedInputs, trainedShapes, weightShapes } from '../weights.js'
import { describeShape, sequenceStatistics, type SequenceShape } from './sequence.js'

/** Prefix of the names of gradient outputs; the weight's name follows. */
export const GRADIENT = 'gradient.'

/** Options of {@link trainProgram}. */
export interface TrainProgramOptions {
  /** Keeps only the input of each layer and recomputes the rest in the backward pass [false]. */
  readonly gradientCheckpointing?: boolean
  /** Temperature of the log-probs that the loss reads [1]. The entropy that it reads is at temperature 1. */
  readonly temperature?: number
}

/**
 * Program that computes the loss of one micro-batch, its gradient and the reported measurements.
 *
 * @shape inputs those of {@link sequenceStatistics}, and those of {@link lossOf} that the objective reads; outputs
 * `gradient.NAME` of each parameter, and those of {@link lossOf}
 */
export const trainProgram = (
  config: DecoderConfig,
  objective: Objective,
  shape: SequenceShape,
  { gradientCheckpointing = false, temperature = 1 }: TrainProgramOptions = {},
): Program => {
  const weights = namedInputs(weightShapes(config))
  const { statistics, logprobAt, stream } = sequenceStatistics(config, weights, shape)
  const outputs = lossOf(objective, { ...statistics, logprob: logprobAt(temperature) }, [shape.rows, shape.length])
  const trained = [...trainedShapes(config).keys()]
  const gradients = gradient(
    outputs.loss,
    trained.map((name) => weights.get(name)!),
    gradientCheckpointing ? stream : [],
  )
  const named = trained.map((name, i) => [GRADIENT + name, gradients[i]!] as const)
  return program(`train ${objective.name} ${describeShape(shape)}`, {
    ...Object.fromEntries(named),
    ...outputs,
  })
}

/** Program that adds two sets of gradients. @shape inputs `a.NAME` and `b.NAME`; outputs `gradient.NAME` */
export const accumulateProgram = (config: DecoderConfig): Program =>
  program(
    'accumulate gradients',
    Object.fromEntries(
      [...trainedShapes(config)].map(([name, shape]) => [
        GRADIENT + name,
        add(input(`a.${name}`, shape), input(`b.${name}`, shape)),
      ]),
    ),
  )
