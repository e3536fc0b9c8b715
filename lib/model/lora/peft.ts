import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import { sameWeights, typeOfTensor } from '../model-checkpoint.js'
import { adapterShapes, mapParameters } from '../parameters.js'
import { type LoraConfig, type LoraTarget, loraTargets } from './lora.js'

/** What stands before our names in a file of PEFT. */
const PREFIX = 'base_model.model.'

const isOff = (found: unknown): boolean => found === undefined || found === null || found === false
const isEmpty = (found: unknown): boolean =>
  isOff(found) || (typeof found === 'object' && Object.keys(found!).length === 0)

/** Fields of `adapter_config.json` that change what is computed, and what they must be since only that is computed here. */
const plain: readonly (readonly [field: string, expected: string, holds: (found: unknown) => boolean])[] = [
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
 * Adapters as PEFT describes them; `file` is for messages.
 *
 * @errors CheckpointError naming the field: of another kind than LoRA, or with a part that is not computed here
 */
export const decodePeftConfig = (json: unknown, file: string): E.Either<CheckpointError, LoraConfig> => {
  const refused = (field: string, found: unknown, expected: string) =>
    E.left(new CheckpointError(`${file}, ${field}`, found === undefined ? 'nothing' : JSON.stringify(found), expected))
  return pipe(
    t.UnknownRecord.decode(json),
    E.mapLeft(() => new CheckpointError(file, JSON.stringify(json), 'a mapping')),
    E.chain((fields) => {
      const unfit = plain.find(([field, , holds]) => !holds(fields[field]))
      if (unfit !== undefined) return refused(unfit[0], fields[unfit[0]], unfit[1])
      const { r: rank, lora_alpha: alpha, target_modules } = fields
      if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1)
        return refused('r', rank, 'a positive integer')
      if (typeof alpha !== 'number') return refused('lora_alpha', alpha, 'a number')
      const targets = targetsOf(target_modules)
      return targets === null
        ? refused('target_modules', target_modules, `all-linear, or some of ${loraTargets.join(', ')}`)
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

/** As `adapter_config.json` has them; `base` names the model that they belong to. */
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

export const toPeftNames = (tensors: ReadonlyMap<string, HostTensor>): ReadonlyMap<string, HostTensor> =>
  new Map([...tensors].map(([name, tensor]) => [PREFIX + name, tensor]))

/**
 * The adapters of a file of PEFT, by our names.
 *
 * @errors CheckpointError naming a tensor that is missing, superfluous or of another shape than the model asks for
 */
export const fromPeftNames = (
  model: DecoderConfig,
  lora: LoraConfig,
  tensors: ReadonlyMap<string, HostTensor>,
  file: string,
): E.Either<CheckpointError, ReadonlyMap<string, HostTensor>> => {
  const expected = new Map([...adapterShapes({ ...model, lora })].map(([name, shape]) => [PREFIX + name, shape]))
  return pipe(
    sameWeights(expected, mapParameters(tensors, typeOfTensor), file),
    E.map(() => new Map([...expected.keys()].map((name) => [name.slice(PREFIX.length), tensors.get(name)!]))),
  )
}
