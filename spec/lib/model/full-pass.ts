import { gradient } from '#lib/compute/gradient.js'
import { causalAttention, input, reshape } from '#lib/compute/operation/index.js'
import type { Node, Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { decoder, head, headWeight } from '#lib/model/decoder.js'
import type { DecoderConfig } from '#lib/model/decoder-config.js'
import { createRowLayout } from '#lib/model/layer/heads.js'
import { type WeightMap, namedInputs, weightShapes } from '#lib/model/weights.js'
import { positionsFromStart } from '#lib/model/token-positions.js'
import { GRADIENT } from '#lib/model/program/train.js'
import { tokenStatistics } from '#lib/model/token-statistics.js'
import { lossOf } from '#lib/objective/loss.js'
import type { Objective } from '#lib/objective/objective.js'

/**
 * Reference programs over whole rows, prompt and completion together. The library's programs, which read a prompt once, must
 * agree with them. Inputs `tokens` and `targets` [rows, length].
 */
const hiddenOf = (config: DecoderConfig, weights: WeightMap<Node>, rows: number, length: number): Node => {
  const tokens = input('tokens', [rows, length], 'int32')
  const inRows = createRowLayout(config, rows, length, positionsFromStart(length))
  return decoder(config, weights, reshape(tokens, [rows * length]), (layer, heads) => {
    const { q, k, v } = inRows.split(layer, heads)
    return inRows.join(causalAttention(q, k, v))
  }).hidden
}

const statisticsOf = (config: DecoderConfig, weights: WeightMap<Node>, rows: number, length: number) => {
  const targets = reshape(input('targets', [rows, length], 'int32'), [rows * length])
  const found = tokenStatistics(hiddenOf(config, weights, rows, length), headWeight(weights), targets)
  const entries = Object.entries(found).map(([name, x]) => [name, reshape(x, [rows, length])])
  return Object.fromEntries(entries) as typeof found
}

/** Output `logits` [rows * length, V]. */
export const fullPass = (config: DecoderConfig, rows: number, length: number): Program => {
  const weights = namedInputs(weightShapes(config))
  return program('full pass', { logits: head(weights, hiddenOf(config, weights, rows, length)) })
}

/** Outputs `logprob` and the other statistics, each [rows, length]. */
export const fullScores = (config: DecoderConfig, rows: number, length: number): Program =>
  program('full scores', statisticsOf(config, namedInputs(weightShapes(config)), rows, length))

/** Outputs the gradients and those of the loss, whose inputs are [rows, length]. */
export const fullTraining = (config: DecoderConfig, objective: Objective, rows: number, length: number): Program => {
  const weights = namedInputs(weightShapes(config))
  const outputs = lossOf(objective, statisticsOf(config, weights, rows, length), [rows, length])
  const gradients = gradient(outputs.loss, [...weights.values()])
  const named = [...weights.keys()].map((name, i) => [GRADIENT + name, gradients[i]!] as const)
  return program('full training', { ...Object.fromEntries(named), ...outputs })
}
