import { readFile } from 'node:fs/promises'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { writeWhole } from '../../lib/file/write-whole.js'
import { orThrow } from '../../lib/or-throw.js'

/** Input that a decoder once failed at. It is kept, because its number makes another input when the mutations change. */
export interface PastFinding {
  readonly decoder: string
  /** Fault of the decoder at this input. */
  readonly fault: string
  /** Bytes of the input, deflated, in base64. */
  readonly input: string
}

const FILE = 'bench/fuzz/past-findings.json'

/** Reads the past findings of all decoders, or of one. */
export const readPastFindings = async (decoder?: string): Promise<readonly PastFinding[]> => {
  const all = JSON.parse(await readFile(FILE, 'utf8')) as readonly PastFinding[]
  return decoder === undefined ? all : all.filter((each) => each.decoder === decoder)
}

/** Returns the input of a finding. */
export const inputOf = ({ input }: PastFinding): Uint8Array =>
  new Uint8Array(inflateRawSync(Buffer.from(input, 'base64')))

/** Adds an input to the file of past findings. */
export const keepFinding = async (decoder: string, fault: string, input: Uint8Array): Promise<void> => {
  const finding: PastFinding = { decoder, fault, input: deflateRawSync(input, { level: 9 }).toString('base64') }
  const all = [...(await readPastFindings()), finding]
  await orThrow(writeWhole(FILE, `${JSON.stringify(all, null, 2)}\n`))
}
