import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { CheckpointError } from '../../checkpoint/checkpoint-error.js'
import { limits } from '../../checkpoint/limits.js'
import { formatValue } from '../../codec/describe-errors.js'
import type { HostTensor } from '../../compute/program/node.js'
import type { DecoderConfig } from '../decoder-config.js'
import type { TensorType } from '../../compute/program/shape.js'
import { checkWeights } from '../model-checkpoint.js'
import { adapterShapes, type WeightMap } from '../weights.js'
import { type LoraConfig, type LoraTarget, loraTargets } from './lora.js'

/** Prefix of the names of weights in PEFT files. */
const PREFIX = 'base_model.model.'

const isOff = (found: unknown): boolean =>
  found === undefined ||
  found === null ||
  found === false ||
  (typeof found === 'object' && Object.keys(found).length === 0)

/** Ways to initialise adapters that leave the weights of the base model as they are. PEFT compares the names without case. */
const harmlessStarts: readonly unknown[] = ['gaussian', 'orthogonal', 'eva']

/**
 * Returns whether adapters belong to the unchanged base model. PiSSA, OLoRA, CorDA, LoRA-GA and LoftQ subtract the initial
 * adapters from its weights or replace them, so that their adapters are wrong beside the original weights. MiCA trains one of
 * the two matrices only.
 *
 * @source PEFT 0.21, tuners/lora/layer.py
 */
const keepsBase = (found: unknown): boolean =>
  isOff(found) || found === true || (typeof found === 'string' && harmlessStarts.includes(found.toLowerCase()))

/** Fields of `adapter_config.json` that need a value other than off, each with what is supported here. */
const supported: readonly (readonly [field: string, expected: string, holds: (found: unknown) => boolean])[] = [
  ['peft_type', 'LORA', (found) => found === 'LORA'],
  ['task_type', 'CAUSAL_LM', (found) => isOff(found) || found === 'CAUSAL_LM'],
  ['bias', 'none', (found) => isOff(found) || found === 'none'],
  [
    'init_lora_weights',
    'true, gaussian, orthogonal or eva, because others change the weights of the base model or freeze an adapter; ' +
      'PEFT converts an adapter if `path_initial_model_for_weight_conversion` is given when it saves',
    keepsBase,
  ],
]

/** Fields that do not change the computation of an adapter, or that are read here. Every other field must be off. */
const harmless: ReadonlySet<string> = new Set([
  ...supported.map(([field]) => field),
  ...['r', 'lora_alpha', 'target_modules'],
  ...['auto_mapping', 'base_model_name_or_path', 'inference_mode', 'peft_version', 'revision', 'runtime_config'],
  // Dropout is off outside training.
  'lora_dropout',
  // Their effect is which projections have adapters. The tensors are compared with target_modules.
  ...['exclude_modules', 'layers_pattern'],
  // Settings of an initialisation or of a feature that has a field of its own.
  ...['corda_config', 'eva_config', 'loftq_config', 'lora_ga_config', 'megatron_core', 'qalora_group_size'],
  // It concerns embeddings, which have no adapters here.
  'ensure_weight_tying',
])

/**
 * Decodes an `adapter_config.json` of PEFT. `file` is the place that errors name.
 *
 * @errors CheckpointError that names the field: adapters other than LoRA, or an option that is not supported
 */
export const decodePeftConfig = (json: unknown, file: string): E.Either<CheckpointError, LoraConfig> => {
  const fail = (field: string, found: unknown, expected: string) =>
    E.left(new CheckpointError(`${file}, ${field}`, formatValue(found), expected))
  return pipe(
    t.UnknownRecord.decode(json),
    E.mapLeft(() => new CheckpointError(file, formatValue(json), 'a mapping')),
    E.chain((fields) => {
      const unsupported = supported.find(([field, , holds]) => !holds(fields[field]))
      if (unsupported !== undefined) return fail(unsupported[0], fields[unsupported[0]], unsupported[1])
      const unknown = Object.keys(fields).find((field) => !harmless.has(field) && !isOff(fields[field]))
      if (unknown !== undefined) return fail(unknown, fields[unknown], offOf(fields[unknown]))
      const { r: rank, lora_alpha: alpha, target_modules } = fields
      if (typeof rank !== 'number' || !Number.isInteger(rank) || rank < 1) return fail('r', rank, 'a positive integer')
      if (rank > limits.rank) return fail('r', rank, `at most ${limits.rank}`)
      if (typeof alpha !== 'number') return fail('lora_alpha', alpha, 'a number')
      const targets = targetsOf(target_modules)
      return targets === null
        ? fail('target_modules', target_modules, `all-linear, or some of ${loraTargets.join(', ')}`)
        : E.right({ rank, alpha, targets })
    }),
  )
}

/** Value that turns a field off: false for a switch, an empty mapping for a mapping, null for the rest. */
const offOf = (found: unknown): string => {
  if (found === true) return 'false'
  return typeof found === 'object' && !Array.isArray(found) ? '{}' : 'null'
}

const targetsOf = (found: unknown): readonly LoraTarget[] | null => {
  if (typeof found === 'string' && found.toLowerCase() === 'all-linear') return loraTargets
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
 * Checks the tensors of a PEFT file against the model. Returns their names here by their names in the file.
 *
 * @errors CheckpointError that names a tensor that is missing, superfluous or of another shape than the model needs
 */
export const fromPeftNames = (
  model: DecoderConfig,
  lora: LoraConfig,
  found: WeightMap<TensorType>,
  file: string,
): E.Either<CheckpointError, ReadonlyMap<string, string>> => {
  const expected = new Map([...adapterShapes({ ...model, lora })].map(([name, shape]) => [PREFIX + name, shape]))
  return pipe(
    checkWeights(expected, found, file),
    E.map(() => new Map([...expected.keys()].map((name) => [name, name.slice(PREFIX.length)]))),
  )
}
