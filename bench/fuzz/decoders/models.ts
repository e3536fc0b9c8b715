/** Files of models: safetensors, GGUF, config.json, the index of shards, adapters. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tensorLines } from '../../../cli/display/inspection.js'
import { encode } from '../../../lib/checkpoint/safetensors.js'
import { censusOfTensors } from '../../../lib/checkpoint/tensor-census.js'
import { readConfig } from '../../../lib/model/hugging-face/read-folder.js'
import { freshAdapters } from '../../../lib/model/lora/adapters.js'
import { encodePeftConfig, toPeftNames } from '../../../lib/model/lora/peft.js'
import { readAdapters } from '../../../lib/model/lora/peft-folder.js'
import { encodeModel, inMemory } from '../../../lib/model/model-checkpoint.js'
import { readModel } from '../../../lib/model/model-file.js'
import { initialWeights, weightShapes } from '../../../lib/model/weights.js'
import { readTokenizer } from '../../../lib/tokenizer/read-tokenizer.js'
import { bytesOfJson, type FuzzDecoders } from '../fuzz-decoder.js'
import { tiny } from '../samples/tiny-model.js'
import { unlessRefused, valueOf } from '../typed-error.js'
import { useTokenizer } from './tokenizers.js'
import { decodeFile, writeFiles } from './write-input.js'

/** Folder of checkpoints that other programs wrote. */
const GOLDEN = join('spec', 'golden', 'checkpoints')
const SHARDED = join(GOLDEN, 'sharded-bf16')
const SHARD = 'model-00001-of-00002.safetensors'
const INDEX = 'model.safetensors.index.json'

const lora = { rank: 2, alpha: 4, targets: ['q_proj', 'up_proj'] as const }

const readWeights = async (path: string) => inMemory(await valueOf(readModel(path)))

/** Reads a file of tensors as `entrain inspect` does, and then as a model. */
const inspectAndRead = async (path: string) => {
  await unlessRefused(async () => tensorLines(await valueOf(censusOfTensors(path))))
  return readWeights(path)
}

const namesOf = (folder: string, ending: string) =>
  readdir(folder).then((names) => names.filter((name) => name.endsWith(ending)).toSorted())

const readAll = (folder: string, names: readonly string[]) =>
  Promise.all(names.map(async (name) => new Uint8Array(await readFile(join(folder, name)))))

const copyShards = async (folder: string) => {
  const names = ['config.json', INDEX, SHARD, 'model-00002-of-00002.safetensors']
  const files = await readAll(SHARDED, names)
  await writeFiles(folder, Object.fromEntries(names.map((name, i) => [name, files[i]!])))
}

const adapters = freshAdapters(tiny, lora, 1)
const adapterFiles = {
  'adapter_config.json': JSON.stringify(encodePeftConfig(lora, 'tiny')),
  'adapter_model.safetensors': encode(toPeftNames(adapters.parameters), { format: 'pt' }),
}

/** Configurations of transformers that the golden numbers of each family were made with. */
const configurations = async () => {
  const folder = join('spec', 'golden', 'decoders')
  const files = await readAll(folder, await namesOf(folder, '.json'))
  return files.map((bytes) => (JSON.parse(new TextDecoder().decode(bytes)) as { readonly config: unknown }).config)
}

export const modelDecoders: FuzzDecoders = {
  safetensors: {
    about: 'a model of entrain in safetensors',
    form: 'safetensors',
    weight: 3,
    samples: () =>
      Promise.resolve([
        encodeModel({ config: tiny, weights: initialWeights(tiny, 1), metadata: { seed: '1' } }),
        encodeModel({
          config: { ...tiny, lora },
          weights: initialWeights({ ...tiny, lora }, 2),
          metadata: {},
        }),
      ]),
    open: (folder) => Promise.resolve(decodeFile(folder, 'a.safetensors', inspectAndRead)),
  },
  shard: {
    about: 'a shard of a Hugging Face folder in safetensors',
    form: 'safetensors',
    weight: 2,
    samples: () => readAll(SHARDED, [SHARD]),
    open: async (folder) => {
      await copyShards(folder)
      return decodeFile(folder, SHARD, () => readWeights(folder))
    },
  },
  'shard-index': {
    about: `${INDEX} of a Hugging Face folder`,
    form: 'json',
    weight: 1,
    samples: () => readAll(SHARDED, [INDEX]),
    open: async (folder) => {
      await copyShards(folder)
      return decodeFile(folder, INDEX, () => readWeights(folder))
    },
  },
  gguf: {
    about: 'a GGUF file: weights, tokenizer and chat template',
    form: 'gguf',
    weight: 3,
    samples: async () => readAll(GOLDEN, await namesOf(GOLDEN, '.gguf')),
    open: (folder) =>
      Promise.resolve(
        decodeFile(folder, 'a.gguf', async (path) => {
          await inspectAndRead(path)
          await unlessRefused(async () => useTokenizer(await valueOf(readTokenizer(path))))
        }),
      ),
  },
  config: {
    about: 'config.json of a Hugging Face folder',
    form: 'json',
    weight: 2,
    samples: async () => [...(await readAll(SHARDED, ['config.json'])), ...(await configurations()).map(bytesOfJson)],
    open: async (folder) => {
      await copyShards(folder)
      return decodeFile(folder, 'config.json', async () => {
        weightShapes((await valueOf(readConfig(folder))).config.decoder)
        await unlessRefused(() => readWeights(folder))
      })
    },
  },
  'adapter-config': {
    about: 'adapter_config.json of PEFT',
    form: 'json',
    weight: 1,
    samples: () => Promise.resolve([bytesOfJson(encodePeftConfig(lora, 'tiny'))]),
    open: async (folder) => {
      await writeFiles(folder, adapterFiles)
      return decodeFile(folder, 'adapter_config.json', () => valueOf(readAdapters(folder, tiny)))
    },
  },
  'adapter-weights': {
    about: 'adapter_model.safetensors of PEFT',
    form: 'safetensors',
    weight: 1,
    samples: () => Promise.resolve([adapterFiles['adapter_model.safetensors']]),
    open: async (folder) => {
      await writeFiles(folder, adapterFiles)
      return decodeFile(folder, 'adapter_model.safetensors', () => valueOf(readAdapters(folder, tiny)))
    },
  },
}
