import type { Form } from './mutations/index.js'

/**
 * Decodes one input. It resolves if the input is accepted, and rejects with a typed error if it is refused. Everything else is a
 * finding.
 */
export type Decode = (input: Uint8Array) => Promise<unknown>

/** Decoder that is tested with mutated inputs. */
export interface FuzzDecoder {
  /** Files or messages that it reads, for the table of results. */
  readonly about: string
  /** Structure of its inputs, which chooses the mutations. */
  readonly form: Form
  /** Share of the inputs, relative to the other decoders. Slow decoders get fewer. */
  readonly weight: number
  /** Makes valid inputs. Each is the same in every process, because a mutated input is named by its number alone. */
  readonly samples: () => Promise<readonly Uint8Array[]>
  /** Prepares the decoder. `folder` is an empty folder for its files. */
  readonly open: (folder: string) => Promise<Decode>
}

/** Decoders by name. */
export type FuzzDecoders = Readonly<Record<string, FuzzDecoder>>

/** Returns a text as bytes in UTF-8. */
export const bytesOfText = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Returns a value as bytes of JSON text. */
export const bytesOfJson = (value: unknown): Uint8Array => bytesOfText(JSON.stringify(value))
