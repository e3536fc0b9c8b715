/** A range of inputs that a process decodes. */
export interface Job {
  readonly decoder: string
  /** Seed of the mutated inputs; null for the past findings of the decoder. */
  readonly seed: number | null
  readonly from: number
  /** Number after the last input. */
  readonly to: number
}

/** Arguments of the process, as JSON. */
export interface ChildJob extends Job {
  /** Module whose export `decoders` has the decoder. */
  readonly registry: string
  /** Empty folder for the files of the decoder. */
  readonly folder: string
  /** File into which the process writes its {@link Progress}. */
  readonly progress: string
  /** File to which the process appends its findings, one in JSON on each line. */
  readonly findings: string
}

/** Kinds of findings. A decoder may accept an input, or refuse it with a typed error. */
export const faults = {
  /** An error without place, found and expected. */
  untyped: 'untyped error',
  /** An error that no caller can catch. */
  uncaught: 'uncaught error',
  /** More than {@link limits.seconds} of processor time. */
  slow: 'slow',
  /** No end. */
  endless: 'no end',
  /** More memory than {@link limits.bytes} and {@link limits.bytesPerByte} allow. */
  memory: 'memory',
  /** The process ended. */
  abort: 'abort',
} as const

/** Kind of a finding. */
export type Fault = keyof typeof faults

/** An input that a decoder neither accepted nor refused. */
export interface Finding {
  readonly number: number
  readonly fault: Fault
  readonly what: string
}

/** Limits of the decoding of one input. */
export const limits = {
  /** Processor time. A busy machine does not change it. */
  seconds: 2,
  /** Growth of the peak of resident memory. @units bytes */
  bytes: 64 * 2 ** 20,
  /** Further growth for each byte of the input. @units bytes */
  bytesPerByte: 100,
} as const

/** How far a process has come. */
export interface Progress {
  /** Number of the input that is being decoded; that of the next one after a process has ended in order. */
  readonly number: number
  readonly accepted: number
  readonly refused: number
  /** Longest processor time of an input. @units ms */
  readonly slowest: number
  /** Number of that input. */
  readonly slowestNumber: number
}

/** Numbers of a {@link Progress} in its file, in order. */
export const encodeProgress = ({ number, accepted, refused, slowest, slowestNumber }: Progress): Float64Array =>
  Float64Array.of(number, accepted, refused, slowest, slowestNumber)

/** Decodes a {@link Progress}; null before the first input has begun. */
export const decodeProgress = (bytes: Buffer): Progress | null => {
  const size = encodeProgress({ number: 0, accepted: 0, refused: 0, slowest: 0, slowestNumber: 0 }).byteLength
  if (bytes.length < size) return null
  const [number = 0, accepted = 0, refused = 0, slowest = 0, slowestNumber = 0] = new Float64Array(
    new Uint8Array(bytes).buffer,
  )
  return { number, accepted, refused, slowest, slowestNumber }
}
