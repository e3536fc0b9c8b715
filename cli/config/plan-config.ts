import type * as t from 'io-ts'
import { type ModelProgramName, modelProgramNames, type ProgramSize } from '../../lib/policy/local/model-programs.js'
import { choiceSetting, group, orNoneSetting, orNoneTextSetting } from '../flag.js'
import { integerFrom, oneOf, orNone, text } from './fields.js'
import type { Settings } from './layer.js'
import { strictRecord } from './strict-record.js'
import { type Fault, withFaults } from './with-faults.js'

const fields = strictRecord({
  program: oneOf(modelProgramNames),
  /** Number of sequences; null for the default of the program. */
  rows: orNone(integerFrom(1)),
  /** Length of each sequence; null for the default of the program. @units tokens */
  length: orNone(integerFrom(2)),
  /** PEFT folder of LoRA adapters; null for the model alone. */
  adapter: orNone(text),
  lora: strictRecord({ rank: orNone(integerFrom(0)) }),
})

/** Configuration of a printed plan. */
type PlanConfig = t.TypeOf<typeof fields>

/** The optimiser depends on no batch. */
const faultsOf = ({ program, ...sizes }: PlanConfig): readonly Fault[] =>
  program === 'adamw'
    ? (['rows', 'length'] as const)
        .filter((name) => sizes[name] !== null)
        .map((name) => [[name], 'has no effect on the program adamw'])
    : []

export const PlanConfigCodec = withFaults(fields, faultsOf)

export const planDefaults = {
  program: 'train',
  rows: null,
  length: null,
  adapter: null,
  lora: { rank: null },
} satisfies PlanConfig & Settings

/** Default sizes of the programs. */
const sizes: Readonly<Record<ModelProgramName, ProgramSize>> = {
  train: { rows: 64, length: 32 },
  adamw: { rows: 1, length: 2 },
  prefill: { rows: 64, length: 32 },
  decode: { rows: 256, length: 64 },
}

/** Size of the program of a configuration. */
export const sizeOfProgram = ({ program, rows, length }: PlanConfig): ProgramSize => ({
  rows: rows ?? sizes[program].rows,
  length: length ?? sizes[program].length,
})

export const planSettings = [
  ...group('Program', [
    choiceSetting('program', 'program to plan', modelProgramNames),
    orNoneSetting(
      'rows',
      `number of sequences; none: ${sizes.train.rows} in train and prefill, ${sizes.decode.rows} in decode`,
    ),
    orNoneSetting(
      'length',
      `length of the completions in train and of the prompts in prefill, places of the cache in decode, tokens; none: ${sizes.train.length}, in decode ${sizes.decode.length}`,
    ),
  ]),
  ...group('Model', [
    orNoneTextSetting('adapter', 'PEFT folder of LoRA adapters for the model; none: the model alone', 'DIR'),
    orNoneSetting('lora.rank', 'rank of new LoRA adapters, which then train instead of the weights; none: no adapters'),
  ]),
]
