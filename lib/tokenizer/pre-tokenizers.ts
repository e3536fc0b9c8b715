/** How a text is split before pairs of bytes are merged. */
export interface PreTokenizer {
  /** Regular expressions, applied in turn: what matches is a piece, and what lies between. */
  readonly patterns: readonly string[]
  /** Characters are composed first. */
  readonly composes: boolean
  /** A piece that is a token as it stands is not merged. */
  readonly ignoresMerges: boolean
  /** A text begins with the token for that, unless a file says otherwise. */
  readonly begins: boolean
}

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

/** That of GPT-4 and those after it, which differ in how they split numbers. */
const gpt4 = (number: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${number}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

const plain = { composes: false, ignoresMerges: false, begins: false }

/**
 * Those of the families, by the names that GGUF files call them.
 *
 * All of it is patterns, since digits of the library would be those of ASCII alone: in the original "½" is one too.
 *
 * @source github.com/ggml-org/llama.cpp, src/llama-vocab.cpp, which quotes each tokenizer.json; those of Qwen3 and Llama 3
 */
export const preTokenizers = {
  smollm: { ...plain, patterns: ['\\p{N}', GPT2] },
  qwen2: { ...plain, patterns: [gpt4('\\p{N}')], composes: true },
  'llama-bpe': { patterns: [gpt4('\\p{N}{1,3}')], composes: false, ignoresMerges: true, begins: true },
  'gpt-2': { ...plain, patterns: [GPT2] },
} as const satisfies Record<string, PreTokenizer>
