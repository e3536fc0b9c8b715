import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decode, encode } from '#lib/checkpoint/safetensors.js'
import { freshAdapters } from '#lib/model/lora/adapters.js'
import { type LoraConfig, loraTargets } from '#lib/model/lora/lora.js'
import { decodePeftConfig, encodePeftConfig } from '#lib/model/lora/peft.js'
import { readAdapters, writeAdapters } from '#lib/model/lora/peft-folder.js'
import { losses, simulatedDisk } from '../../run/checkpoint/simulated-disk.js'
import { golden } from '../golden.js'

const lora: LoraConfig = { rank: 2, alpha: 6, targets: ['q_proj', 'down_proj'] }
const adapters = freshAdapters(golden.config, lora, 1)

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-'))
})
afterEach(() => rm(folder, { recursive: true }))
const configFile = () => join(folder, 'adapter_config.json')
const weightsFile = () => join(folder, 'adapter_model.safetensors')

const message = async (): Promise<string> => {
  const read = await readAdapters(folder, golden.config)()
  return E.isLeft(read) ? read.left.message.replaceAll(folder, 'DIR') : 'no error'
}

describe('a folder of adapters', () => {
  beforeEach(async () => {
    expect(await writeAdapters(folder, adapters, 'models/tiny')()).toEqual(E.right(undefined))
  })

  it('survives a round trip', async () => {
    expect(await readAdapters(folder, golden.config)()).toEqual(E.right(adapters))
  })

  it.each(losses)('is on the device when it is written: lost is %s', async (loss) => {
    const simulated = simulatedDisk()
    await simulated.disk.createFolder('/run')
    expect(await writeAdapters('/run/adapter', adapters, 'models/tiny', simulated.disk)()).toEqual(E.right(undefined))
    simulated.writeRemains(folder, loss)
    expect(await readAdapters(join(folder, 'run/adapter'), golden.config)()).toEqual(E.right(adapters))
  })

  it('has the names and fields of PEFT', async () => {
    const tensors = E.getOrElseW(() => null)(decode(await readFile(weightsFile()), 'file'))
    expect([...tensors!.tensors.keys()][0]).toBe('base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight')
    expect(tensors!.metadata).toEqual({ format: 'pt' })
    expect(JSON.parse(await readFile(configFile(), 'utf8'))).toMatchObject({
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 6,
      target_modules: ['q_proj', 'down_proj'],
      base_model_name_or_path: 'models/tiny',
    })
  })

  it('is rejected without its files', async () => {
    await rm(weightsFile())
    expect(await message()).toMatch(/^DIR\/adapter_model.safetensors: found no such file, expected a folder with/)
    await rm(configFile())
    expect(await message()).toMatch(/^DIR\/adapter_config.json: found no such file/)
  })

  it('is rejected with a configuration that is not JSON', async () => {
    await writeFile(configFile(), '{')
    expect(await message()).toMatch(/^DIR\/adapter_config.json: found SyntaxError.*, expected JSON$/)
  })

  it('is rejected with tensors that do not fit', async () => {
    const parameters = [...adapters.parameters]
    const prefixed = (of: typeof parameters) =>
      new Map(of.map(([name, tensor]) => ['base_model.model.' + name, tensor]))
    await writeFile(weightsFile(), encode(prefixed(parameters.slice(1))))
    expect(await message()).toBe(
      'DIR/adapter_model.safetensors, weight base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight: found nothing, expected float32[2, 8]',
    )
    const [[name]] = parameters as [(typeof parameters)[number]]
    const wide = { shape: [3, 8], data: new Float32Array(24) }
    await writeFile(weightsFile(), encode(prefixed([[name, wide], ...parameters.slice(1)])))
    expect(await message()).toMatch(/q_proj.lora_A.weight: found float32\[3, 8\], expected float32\[2, 8\]$/)
    await writeFile(weightsFile(), encode(prefixed([...parameters, ['lm_head.lora_A.weight', wide]])))
    expect(await message()).toMatch(/lm_head.lora_A.weight: found float32\[3, 8\], expected nothing$/)
  })
})

describe('a configuration of adapters', () => {
  const plain = encodePeftConfig(lora, 'models/tiny')

  it('survives a round trip; all-linear means every projection', () => {
    expect(decodePeftConfig(JSON.parse(JSON.stringify(plain)), 'file')).toEqual(E.right(lora))
    expect(decodePeftConfig({ ...plain, target_modules: 'all-linear' }, 'file')).toEqual(
      E.right({ ...lora, targets: loraTargets }),
    )
  })

  it.each<[string, object, string]>([
    ['peft_type', { peft_type: 'IA3' }, 'found "IA3", expected LORA'],
    ['r', { r: 0 }, 'found 0, expected a positive integer'],
    ['lora_alpha', { lora_alpha: '16' }, 'found "16", expected a number'],
    ['bias', { bias: 'all' }, 'found "all", expected none'],
    ['use_rslora', { use_rslora: true }, 'found true, expected false'],
    ['use_dora', { use_dora: true }, 'found true, expected false'],
    ['modules_to_save', { modules_to_save: ['lm_head'] }, 'found ["lm_head"], expected null'],
    ['rank_pattern', { rank_pattern: { q_proj: 4 } }, 'found {"q_proj":4}, expected {}'],
    ['target_modules', { target_modules: ['q_proj', 'lm_head'] }, 'expected all-linear, or some of q_proj'],
    ['target_modules', { target_modules: undefined }, 'found nothing, expected all-linear'],
  ])('is rejected, naming the field %s', (field, change, problem) => {
    const decoded = decodePeftConfig({ ...plain, ...change }, 'file')
    expect(E.isLeft(decoded) && decoded.left.message).toContain(`file, ${field}: `)
    expect(E.isLeft(decoded) && decoded.left.message).toContain(problem)
  })

  it.each([
    ...['pissa', 'pissa_niter_16', 'PiSSA', 'olora', 'OLoRA', 'corda', 'loftq', 'lora_ga', 'mica', 'an-unknown-one'],
  ])('is rejected with adapters that were initialised by %s', (init) => {
    const decoded = decodePeftConfig({ ...plain, init_lora_weights: init }, 'file')
    expect(E.isLeft(decoded) && decoded.left.message).toContain(
      `file, init_lora_weights: found "${init}", expected true, gaussian, orthogonal or eva`,
    )
  })

  it.each([undefined, null, true, false, 'gaussian', 'orthogonal', 'eva'])(
    'is accepted with adapters that were initialised by %s',
    (init) => {
      expect(decodePeftConfig({ ...plain, init_lora_weights: init }, 'file')).toEqual(E.right(lora))
    },
  )

  it.each<[string, unknown]>([
    ['layers_to_transform', [0, 1]],
    ['layers_to_transform', 0],
    ['alpha_pattern', { q_proj: 4 }],
    ['target_parameters', ['mlp.experts.gate_up_proj']],
    ['trainable_token_indices', [1, 2]],
    ['alora_invocation_tokens', [5]],
    ['layer_replication', [[0, 2]]],
    ['megatron_config', { hidden_size: 8 }],
    ['fan_in_fan_out', true],
    ['lora_bias', true],
    ['use_qalora', true],
    ['use_bdlora', { nblocks: 2 }],
    ['arrow_config', { top_k: 3 }],
    ['kasa_config', { beta: 1 }],
    ['velora_config', { rank: 1 }],
    ['monteclora_config', { num_samples: 2 }],
    ['a_field_of_the_future', 'on'],
  ])('is rejected with %s of %j', (field, value) => {
    const decoded = decodePeftConfig({ ...plain, [field]: value }, 'file')
    expect(E.isLeft(decoded) && decoded.left.message).toMatch(new RegExp(`^file, ${field}: found .*, expected `))
  })

  it('is accepted with every field of PEFT 0.21 that is off, or that is about something else', () => {
    const fields = {
      ...{ alora_invocation_tokens: null, alpha_pattern: {}, arrow_config: null, auto_mapping: null, bias: 'none' },
      ...{ corda_config: null, ensure_weight_tying: false, eva_config: { rho: 2 }, exclude_modules: ['lm_head'] },
      ...{ inference_mode: true, init_lora_weights: true, kasa_config: null, layer_replication: null },
      ...{ layers_pattern: null, layers_to_transform: null, loftq_config: {}, lora_bias: false, lora_dropout: 0.05 },
      ...{ lora_ga_config: null, megatron_config: null, megatron_core: 'megatron.core', modules_to_save: null },
      ...{ monteclora_config: null, peft_version: '0.21.2', qalora_group_size: 16, rank_pattern: {}, revision: null },
      ...{ target_parameters: null, task_type: 'CAUSAL_LM', trainable_token_indices: null, use_bdlora: null },
      ...{ use_dora: false, use_qalora: false, use_rslora: false, velora_config: null },
    }
    expect(decodePeftConfig({ ...plain, ...fields }, 'file')).toEqual(E.right(lora))
  })

  it('is rejected with a rank that no model has', () => {
    expect(decodePeftConfig({ ...plain, r: 600_000 }, 'file')).toMatchObject({
      left: { message: 'file, r: found 600000, expected at most 32768' },
    })
  })

  it('is rejected if it is not a mapping', () => {
    expect(decodePeftConfig([], 'file')).toMatchObject({ left: { message: 'file: found [], expected a mapping' } })
  })
})
