import { readdir } from 'node:fs/promises'

/** Names of the files that belong to a model besides its weights: tokenizer, chat template and sampling settings. */
const companions = [
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
  'generation_config.json',
]

/** Returns the names of those files in a folder. @errors rejects with the error of the file system */
export const companionsIn = async (folder: string): Promise<readonly string[]> => {
  const names = new Set(await readdir(folder))
  return companions.filter((name) => names.has(name))
}
