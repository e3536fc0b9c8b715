/**
 * Writes the bundled model as a Hugging Face folder with a tokenizer, which vLLM, SGLang and SkyRL serve.
 *
 * Run: npm run build && node dist/examples/served-model.js FOLDER
 */
import { orThrow } from 'entrain'
import { checkpointPath, readModel, writeHuggingFace } from 'entrain/node'
import { countdown } from 'entrain/rewards'

const [folder = 'countdown'] = process.argv.slice(2)
const ofTask = countdown().tokenizer
const [end] = ofTask.ends
const text = (id: number) => (id === end ? '<|end|>' : ofTask.decode([id]))

/** Tokenizer of transformers with one token per character. */
const tokenizer = {
  version: '1.0',
  added_tokens: [
    {
      id: end,
      content: text(end!),
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    },
  ],
  normalizer: null,
  post_processor: null,
  pre_tokenizer: { type: 'Split', pattern: { Regex: '.' }, behavior: 'Isolated', invert: false },
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(Array.from({ length: ofTask.vocabulary }, (_, id) => [text(id), id])),
    merges: [],
  },
}
const settings = { tokenizer_class: 'PreTrainedTokenizerFast', eos_token: text(end!), model_max_length: 256 }

const files = { 'tokenizer.json': JSON.stringify(tokenizer), 'tokenizer_config.json': JSON.stringify(settings) }
await orThrow(writeHuggingFace(folder, await orThrow(readModel(checkpointPath('countdown'))), { files }))
console.log(`${folder}: serve it, and train with --model ${folder} --task countdown`)
