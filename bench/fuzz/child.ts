/** Decodes a range of inputs. The process may be ended at any input: what it knows by then is in its files. */
import { appendFileSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs'
import { mutatedInputs, type InputAt } from './inputs.js'
import type { Decode, FuzzDecoder, FuzzDecoders } from './fuzz-decoder.js'
import { type ChildJob, encodeProgress, type Fault, type Finding, limits, type Progress } from './job.js'
import { inputOf, readPastFindings } from './past-findings.js'
import { describeUntyped, isTyped } from './typed-error.js'

const job = JSON.parse(process.argv[2] ?? '') as ChildJob

/** Past findings by their place in the file, or mutated inputs. */
const openInputs = async (decoder: FuzzDecoder): Promise<InputAt> => {
  if (job.seed !== null) return mutatedInputs(job.decoder, decoder, job.seed)
  const past = await readPastFindings(job.decoder)
  return (number) => inputOf(past[number]!)
}

const descriptor = openSync(job.progress, 'w')
let progress: Progress = { number: job.from, accepted: 0, refused: 0, slowest: 0, slowestNumber: job.from }
const report = (changes: Partial<Progress>): void => {
  progress = { ...progress, ...changes }
  writeSync(descriptor, encodeProgress(progress), undefined, undefined, 0)
}

const note = (fault: Fault, what: string): void => {
  const finding: Finding = { number: progress.number, fault, what }
  appendFileSync(job.findings, `${JSON.stringify(finding)}\n`)
}

/**
 * Peak of resident memory. On Linux it is that of `/proc`, because `maxRSS` begins with the peak of the parent process.
 *
 * @units bytes
 */
const peak = (): number => {
  const kilobytes = existsSync(STATUS) ? /^VmHWM:\s*(\d+)/m.exec(readFileSync(STATUS, 'utf8'))?.[1] : undefined
  return 1024 * (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes))
}

const STATUS = '/proc/self/status'

const processorMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** True while an error that nobody catches is one of the decoder. */
let isDecoding = false

/** Ends the process for an error of the bench itself. */
const fail = (error: unknown): never => {
  console.error(error)
  process.exit(1)
}

/** Decodes an input and judges the result. Returns whether the process has grown so much that another has to go on. */
const judge = async (decode: Decode, input: Uint8Array): Promise<boolean> => {
  const [before, start] = [peak(), processorMs()]
  isDecoding = true
  try {
    await decode(input)
    report({ accepted: progress.accepted + 1 })
  } catch (error) {
    if (isTyped(error)) report({ refused: progress.refused + 1 })
    else note('untyped', describeUntyped(error))
  }
  // Node reports a rejection that nobody handles after the microtasks of its turn.
  await new Promise((resolve) => setImmediate(resolve))
  isDecoding = false
  const [grown, ms] = [peak() - before, processorMs() - start]
  if (ms > progress.slowest) report({ slowest: ms, slowestNumber: progress.number })
  if (ms > 1000 * limits.seconds) note('slow', `${(ms / 1000).toFixed(1)} s`)
  if (grown <= limits.bytes + limits.bytesPerByte * input.length) return false
  note('memory', `${Math.round(grown / 2 ** 20)} MiB for ${input.length} bytes`)
  return true
}

const { decoders } = (await import(job.registry)) as { readonly decoders: FuzzDecoders }
const decoder = decoders[job.decoder]!
const [decode, inputAt] = [await decoder.open(job.folder), await openInputs(decoder)]
// A valid input loads the modules and compiles the code, whose memory and time would be counted for the first input.
for (const sample of await decoder.samples()) await decode(sample)
for (const event of ['unhandledRejection', 'uncaughtException'])
  process.on(event, (error: unknown) => {
    if (isDecoding) note('uncaught', describeUntyped(error))
    else fail(error)
  })
for (let number = job.from; number < job.to; number++) {
  report({ number })
  const input = inputAt(number)
  const isFull = await judge(decode, input)
  report({ number: number + 1 })
  if (isFull) break
}
