/**
 * Mutated inputs for every decoder of files and messages from outside.
 *
 *     npm run bench -- fuzz [--inputs 1000000] [--only NAME,NAME] [--seed 1]      all decoders, or some
 *     npm run bench -- fuzz --only NAME --seed S --input N [--save FILE] [--keep] one input again
 *
 * A decoder may accept an input, or refuse it with an error that has a place, what was found and what was expected. Other errors,
 * more than 2 s of processor time, more than 64 MiB of memory and 100 bytes for each byte of the input, and the end of the process
 * are findings. The inputs that were findings before come first. The exit code is 1 if there is a finding.
 *
 * `--save` writes the input into a file. `--keep` adds it to past-findings.json.
 */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { parseName } from '../parse-name.js'
import { decoders } from './decoders/index.js'
import { mutatedInputs } from './inputs.js'
import { faults, type Job } from './job.js'
import { keepFinding, readPastFindings } from './past-findings.js'
import { type DecoderResult, findingLines, resultTable } from './report.js'
import { runJob } from './supervise.js'

const options = {
  inputs: { type: 'string', default: '1000000' },
  only: { type: 'string', default: Object.keys(decoders).join() },
  seed: { type: 'string', default: '1' },
  input: { type: 'string' },
  save: { type: 'string' },
  keep: { type: 'boolean', default: false },
} as const

export const fuzzBench = async (args: readonly string[]): Promise<void> => {
  const { values } = parseArgs({ args: [...args], options })
  const names = values.only.split(',').map((name) => parseName('--only', name, Object.keys(decoders)))
  const seed = integerOf('--seed', values.seed)
  const findings =
    values.input === undefined
      ? await runDecoders(names, seed, integerOf('--inputs', values.inputs))
      : await repeatInput(names, seed, integerOf('--input', values.input), values)
  if (findings > 0) process.exitCode = 1
}

const integerOf = (flag: string, text: string): number => {
  const found = Number(text)
  if (!Number.isSafeInteger(found) || found < 0)
    throw new RangeError(`${flag}: found ${text}, expected an integer from 0`)
  return found
}

/** Runs the past findings and then mutated inputs, and prints the tables. Returns the number of findings. */
const runDecoders = async (names: readonly string[], seed: number, inputs: number): Promise<number> => {
  const total = names.reduce((sum, name) => sum + decoders[name]!.weight, 0)
  const results: DecoderResult[] = []
  for (const decoder of names) {
    const count = Math.round((inputs * decoders[decoder]!.weight) / total)
    const result = await runDecoder(decoder, seed, count)
    results.push(result)
    const { accepted, refused, findings, seconds } = result
    console.error(
      `${decoder}: ${accepted} accepted, ${refused} refused, ${findings.length} findings, ${seconds.toFixed(1)} s`,
    )
    if (findings.length > 0) console.error(findingLines([result], seed))
  }
  const [found, seconds] = [
    results.reduce((sum, { findings }) => sum + findings.length, 0),
    results.reduce((sum, result) => sum + result.seconds, 0),
  ]
  console.log(`\n${resultTable(results, decoders)}\n`)
  console.log(`Seed ${seed}, ${seconds.toFixed(0)} s, ${new Date().toISOString().slice(0, 10)}, commit ${commit()}.\n`)
  if (found > 0) console.log(findingLines(results, seed))
  return found
}

const runDecoder = async (decoder: string, seed: number, inputs: number): Promise<DecoderResult> => {
  const start = performance.now()
  const past: Job = { decoder, seed: null, from: 0, to: (await readPastFindings(decoder)).length }
  const before = await runJob(past)
  const result = await runJob({ decoder, seed, from: 0, to: inputs })
  const again = before.findings.map((finding) => ({ ...finding, what: `past finding again: ${finding.what}` }))
  return {
    ...result,
    decoder,
    inputs,
    findings: [...again, ...result.findings],
    seconds: (performance.now() - start) / 1000,
  }
}

const commit = (): string => execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim()

/** Decodes one input again. Returns the number of findings. */
const repeatInput = async (
  [decoder = '', ...others]: readonly string[],
  seed: number,
  number: number,
  { save, keep }: { readonly save?: string | undefined; readonly keep: boolean },
): Promise<number> => {
  if (others.length > 0) throw new RangeError(`--only: found ${others.length + 1} decoders, expected one for --input`)
  const input = (await mutatedInputs(decoder, decoders[decoder]!, seed))(number)
  if (save !== undefined) await writeFile(save, input)
  const { accepted, findings, slowest } = await runJob({ decoder, seed, from: number, to: number + 1 })
  const texts = findings.map(({ fault, what }) => `${faults[fault]}: ${what}`)
  console.log([...texts, ...(findings.length > 0 ? [] : [accepted > 0 ? 'accepted' : 'refused'])].join('\n'))
  console.log(`${input.length} bytes, ${slowest.ms.toFixed(1)} ms`)
  if (keep && texts[0] !== undefined) await keepFinding(decoder, texts[0], input)
  return findings.length
}
