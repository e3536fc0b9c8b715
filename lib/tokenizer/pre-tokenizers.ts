/** Rules by which a text is split into pieces before byte pairs are merged. */
export interface PreTokenizer {
  /** Regular expressions, applied in turn. Each match is a piece, and so is the text between two matches. */
  readonly patterns: readonly string[]
  /** True if characters are composed first (Unicode NFC). */
  readonly composes: boolean
  /** True if a piece that is itself a token is not merged. */
  readonly ignoresMerges: boolean
  /** True if a text begins with the `bos` token, unless the file says otherwise. */
  readonly begins: boolean
}

const GPT2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"

/** Pattern of GPT-4 and later tokenizers, which differ in how they split numbers. */
const gpt4 = (number: string): string =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${number}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

/** Upper-case and lower-case letters of Tekken; letters of neither case and marks are in both. */
const [UPPER, LOWER] = ['[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]', '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]']

/** Pattern of Mistral's tokenizer Tekken, which also splits where a lower-case letter follows an upper-case one. */
const TEKKEN = `[^\\r\\n\\p{L}\\p{N}]?${UPPER}*${LOWER}+|[^\\r\\n\\p{L}\\p{N}]?${UPPER}+${LOWER}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`

const plain = { composes: false, ignoresMerges: false, begins: false }

/**
 * Pre-tokenizers by their names in GGUF files.
 *
 * Digits are split by patterns too, because the digits option of the library knows ASCII digits only. In the originals, "½"
 * is a digit.
 *
 * @source github.com/ggml-org/llama.cpp, src/llama-vocab.cpp, which quotes each tokenizer.json; tokenizer.json of Qwen3, Llama 3 and
 * Mistral Nemo
 */
export const preTokenizers = {
  smollm: { ...plain, patterns: ['\\p{N}', GPT2] },
  qwen2: { ...plain, patterns: [gpt4('\\p{N}')], composes: true },
  'llama-bpe': { patterns: [gpt4('\\p{N}{1,3}')], composes: false, ignoresMerges: true, begins: true },
  /** SmolLM3. */
  'smaug-bpe': { ...plain, patterns: [gpt4('\\p{N}{1,3}')] },
  tekken: { patterns: [TEKKEN], composes: false, ignoresMerges: true, begins: true },
  'gpt-2': { ...plain, patterns: [GPT2] },
} as const satisfies Record<string, PreTokenizer>
