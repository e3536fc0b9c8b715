import { byteMutations } from './bytes.js'
import type { Draw, Mutate } from './draw.js'
import {
  ggufHeader,
  ggufMutations,
  parquetFooter,
  parquetMutations,
  safetensorsHeader,
  safetensorsMutations,
  type Span,
} from './headers.js'
import { jsonLinesMutations, jsonMutations } from './json.js'
import { jinjaMutations, lineMutations, textMutations, yamlMutations } from './text.js'

/** How the inputs of a kind are changed. */
interface Structure {
  /** Changes that know the structure of the input. Three of four changes are among them. */
  readonly own: Readonly<Record<string, Mutate>>
  /** Part of the input that decides how the rest is read. Three of four places of a change are in it. */
  readonly header: (bytes: Uint8Array) => Span | null
}

const whole = (): null => null

/** Structures of inputs. Every input is also changed as bytes. */
const structures = {
  json: { own: { ...jsonMutations, ...textMutations }, header: whole },
  'json-lines': { own: { ...jsonLinesMutations, ...lineMutations, ...textMutations }, header: whole },
  yaml: { own: { ...yamlMutations, ...lineMutations, ...textMutations }, header: whole },
  jinja: { own: { ...jinjaMutations, ...textMutations }, header: whole },
  safetensors: { own: safetensorsMutations, header: safetensorsHeader },
  gguf: { own: ggufMutations, header: ggufHeader },
  parquet: { own: parquetMutations, header: parquetFooter },
} as const satisfies Record<string, Structure>

/** Structure of an input. */
export type Form = keyof typeof structures

/** Largest number of changes of one input. */
const MAX_CHANGES = 3

const everywhere = Object.values(byteMutations)

/** Returns a changed copy of an input. `other` is a second input of the same form, for splices. */
export const mutated = (form: Form, input: Uint8Array, other: Uint8Array, draw: Draw): Uint8Array => {
  const { own, header }: Structure = structures[form]
  let bytes = input
  for (let changes = 1 + draw.below(MAX_CHANGES); changes > 0; changes--) {
    const mutations = draw.below(4) === 0 ? everywhere : Object.values(own)
    const target = { bytes, other, draw, place: () => placeIn(bytes.length, header(bytes), draw) }
    bytes = draw.pick(mutations)(target) ?? draw.pick(everywhere)(target) ?? bytes
  }
  return bytes
}

const placeIn = (length: number, header: Span | null, draw: Draw): number =>
  header === null || draw.below(4) === 0
    ? draw.below(length)
    : header.start + draw.below(Math.max(1, header.end - header.start))
