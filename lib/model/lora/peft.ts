import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import { checkWeights, typeOfTensor } from '../model-checkpoint.js'
import { adapterShapes, mapWeights } from '../weights.js'
import { type LoraConfig, type LoraTarget, loraTargets } from './lora.js'

/** Prefix of the names of weights in PEFT files. */
const PREFIX = 'base_model.model.'

const isOff = (found: unknown): boolean => found === undefined || found === null || found === false
const isEmpty = (found: unknown): boolean =>
  isOff(found) || (typeof found === 'object' && Object.keys(found!).length === 0)

/** Fields of `adapter_config.json` that change the computation, each with the only value that is supported here. */
const supported: readonly (readonly [field: string, expected: string, holds: (found: unknown) => boolean])[] = [
  ['peft_type', 'LORA', (found) => found === 'LORA'],
  ['bias', 'none', (found) => found === undefined || found === 'none'],
  ['fan_in_fan_out', 'false', isOff],
  ['use_rslora', 'false', isOff],
  ['use_dora', 'false', isOff],
  ['modules_to_save', 'null', isEmpty],
  ['layers_to_transform', 'null', isEmpty],
  ['target_parameters', 'null', isEmpty],
  ['rank_pattern', '{}', isEmpty],
  ['alpha_pattern', '{}', isEmpty],
]

/**
 * Decodes an `adapter_config.json` of PEFT. `file` is the place that errors name.
 *
 * @errors CheckpointError that names the field: adapters other than LoRA, or an option that is not supported
 */
export const decodePeftConfig = (json: unknown, file: string): E.Either<CheckpointError, LoraConfig> => {
  const fail = (field: string, found: unknown, expected: string) =>
    E.left(new CheckpointError(`${file}, ${field}`, found === undefined ? 'nothing' : JSON.stringify(found), expected))
  return pipe(
    t.UnknownRecord.decode(json),
    E.mapLeft(() => new CheckpointError(file, JSON.stringify(json), 'a mapping')),
    E.chain((fields) => {
      const unsupported = supported.find(([field, , holds]) => !holds(fields[field]))
      if (unsupported !== undefined) return fail(unsupported[0], fields[unsupported[0]], unsupported[1])
      const { r: rank, lora_alpha: alpha, target_modules } = fields
      if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1) return fail('r', rank, 'a positive integer')
      if (typeof alpha !== 'number') return fail('lora_alpha', alpha, 'a number')
      const targets = targetsOf(target_modules)
      return targets === null
        ? fail('target_modules', target_modules, `all-linear, or some of ${loraTargets.join(', ')}`)
        : E.right({ rank, alpha, targets })
    }),
  )
}

const targetsOf = (found: unknown): readonly LoraTarget[] | null => {
  if (found === 'all-linear') return loraTargets
  const names: readonly unknown[] = Array.isArray(found) ? found : []
  const chosen = loraTargets.filter((target) => names.includes(target))
  return chosen.length > 0 && chosen.length === names.length ? chosen : null
}

/** Returns the contents of an `adapter_config.json`. `base` is the name or path of the model that the adapters belong to. */
export const encodePeftConfig = ({ rank, alpha, targets }: LoraConfig, base: string) => ({
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: base,
  r: rank,
  lora_alpha: alpha,
  lora_dropout: 0,
  target_modules: targets,
  bias: 'none',
  fan_in_fan_out: false,
  inference_mode: true,
})

/** Renames adapters to their names in PEFT files. */
export const toPeftNames = (tensors: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, HostTensor> =>
  new Map([...tensors].map(([name, tensor]) => [PREFIX + name, tensor]))

/**
 * Renames the tensors of a PEFT file to the names of adapters and checks them against the model.
 *
 * @errors CheckpointError that names a tensor that is missing, superfluous or of another shape than the model needs
 */
export const fromPeftNames = (
  model: DecoderConfig,
  lora: LoraConfig,
  tensors: ReadonlyMap<string, HostTensor>,
  file: string,
): E.Either<CheckpointError, ReadonlyMap<string, HostTensor>> => {
  const expected = new Map([...adapterShapes({ ...model, lora })].map(([name, shape]) => [PREFIX + name, shape]))
  return pipe(
    checkWeights(expected, mapWeights(tensors, typeOfTensor), file),
    E.map(() => new Map([...expected.keys()].map((name) => [name.slice(PREFIX.length), tensors.get(name)!]))),
  )
}
