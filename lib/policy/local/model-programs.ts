import type { Program } from '../../compute/program/node.js'
import type { DecoderConfig } from '../../model/decoder-config.js'
import { withoutAdapters } from '../../model/lora/merge.js'
import {
  cacheNames,
  decodeProgram,
  drawingHead,
  logitsHead,
  prefillProgram,
  type ProgramHead,
} from '../../model/program/generate.js'
import { GRADIENT, trainProgram } from '../../model/program/train.js'
import { trainedShapes, weightShapes } from '../../model/weights.js'
import { ppoClip } from '../../objective/ppo-clip.js'
import { adamwDefaults, adamwProgram } from '../../optimizer/adamw.js'
import { isDrawnOnEngine } from './next-tokens.js'

/** Program with the names of its inputs and outputs that stay on the engine between two runs: weights, moments, caches. */
export interface ModelProgram {
  readonly program: Program
  readonly isResident: (name: string) => boolean
}

/** Size of a program: sequences, and tokens of each sequence. */
export interface ProgramSize {
  readonly rows: number
  readonly length: number
}

/** Names of the programs in which a model spends its time. */
export const modelProgramNames = ['train', 'adamw', 'prefill', 'decode'] as const

export type ModelProgramName = (typeof modelProgramNames)[number]

/**
 * Returns the programs of a model for a size, by name. `train` is the gradient of PPO's loss for completions of `length` tokens
 * behind prompts of one token. `adamw` depends on no size. `prefill` reads prompts of `length` tokens. `decode` reads one token of
 * each sequence, with a cache of `length` places. Adapters are merged into the weights for the last two.
 */
export const modelPrograms = (
  config: DecoderConfig,
  { rows, length }: ProgramSize,
): Readonly<Record<ModelProgramName, () => ModelProgram>> => {
  const sampled = withoutAdapters(config)
  const settings = { head: headOf(config) }
  return {
    train: () => ({
      program: trainProgram(config, ppoClip(), { prompts: rows, promptLength: 1, rows, length }),
      isResident: oneOf(
        weightShapes(config).keys(),
        [...trainedShapes(config).keys()].map((name) => GRADIENT + name),
      ),
    }),
    adamw: () => ({
      program: adamwProgram(trainedShapes(config), adamwDefaults),
      isResident: (name) => /^(parameter|gradient|first|second)\./.test(name),
    }),
    prefill: () => ({
      program: prefillProgram(sampled, rows, length, length, settings),
      isResident: oneOf(weightShapes(sampled).keys(), cacheNames(config)),
    }),
    decode: () => ({
      program: decodeProgram(sampled, rows, length, settings),
      isResident: oneOf(weightShapes(sampled).keys(), cacheNames(config)),
    }),
  }
}

const oneOf = (...names: readonly Iterable<string>[]): ((name: string) => boolean) => {
  const known = new Set(names.flatMap((each) => [...each]))
  return (name) => known.has(name)
}

/** Head with which the model generates without top-k and top-p. */
const headOf = ({ vocabulary }: DecoderConfig): ProgramHead =>
  isDrawnOnEngine(vocabulary) ? drawingHead(1, true) : logitsHead
