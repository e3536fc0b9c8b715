import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeProgress, type ChildJob, type Fault, type Finding, type Job, type Progress } from './job.js'

/** Result of the inputs of a job. */
export interface JobResult {
  readonly accepted: number
  readonly refused: number
  readonly findings: readonly Finding[]
  /** Longest processor time of an input, and its number. @units ms */
  readonly slowest: { readonly ms: number; readonly number: number }
}

/** Limits of a process, besides those of an input. */
export interface Patience {
  /** Time without a finished input after which a process is ended. It is long, because the machine may be busy. @units ms */
  readonly silence: number
  /** Time in which a process loads its modules. @units ms */
  readonly start: number
  /** Largest heap of a process. @units MiB */
  readonly heap: number
}

const usual: Patience = { silence: 20_000, start: 120_000, heap: 512 }

/** Module with the decoders of the project. */
const PROJECT = new URL('./decoders/index.js', import.meta.url).href

/**
 * Decodes the inputs of a job in processes that a watchdog ends. After an input at which a process has ended, another process
 * goes on with the next input. Each finding of time and memory is confirmed by a process that decodes the input alone.
 *
 * @errors rejects if a process cannot begin, for example because a sample is refused
 */
export const runJob = async (job: Job, registry = PROJECT, patience = usual): Promise<JobResult> => {
  const results: JobResult[] = []
  for (let from = job.from; from < job.to;) {
    const { progress, findings, end } = await runProcess({ ...job, from }, registry, patience)
    const { number, accepted, refused } = progress
    const ended: readonly Finding[] = end === null ? [] : [{ number, ...end }]
    const all = [...findings, ...ended]
    const confirmed = await Promise.all(all.map((finding) => confirm(job, finding, registry, patience)))
    results.push({
      accepted,
      refused,
      findings: confirmed.flat(),
      slowest: { ms: progress.slowest, number: progress.slowestNumber },
    })
    from = end === null ? number : number + 1
  }
  return results.reduce(joinResults, nothing)
}

const nothing: JobResult = { accepted: 0, refused: 0, findings: [], slowest: { ms: 0, number: 0 } }

const joinResults = (a: JobResult, b: JobResult): JobResult => ({
  accepted: a.accepted + b.accepted,
  refused: a.refused + b.refused,
  findings: [...a.findings, ...b.findings],
  slowest: a.slowest.ms >= b.slowest.ms ? a.slowest : b.slowest,
})

/** Faults that depend on what the process did before. */
const doubtful: readonly Fault[] = ['slow', 'memory', 'endless', 'abort']

/** Decodes an input alone. Returns the finding again if it is not confirmed but cannot be by chance: a process that ended. */
const confirm = async (
  job: Job,
  finding: Finding,
  registry: string,
  patience: Patience,
): Promise<readonly Finding[]> => {
  if (!doubtful.includes(finding.fault)) return [finding]
  const { number } = finding
  const { findings, end } = await runProcess({ ...job, from: number, to: number + 1 }, registry, patience)
  if (end !== null) return [{ number, ...end }]
  const again = findings.filter(({ fault }) => fault === finding.fault)
  if (again.length > 0) return again
  return finding.fault === 'abort' ? [{ ...finding, what: `${finding.what}; not when it is decoded alone` }] : []
}

interface ProcessResult {
  readonly progress: Progress
  readonly findings: readonly Finding[]
  /** Why the process ended before its last input; null if it ended in order. */
  readonly end: Pick<Finding, 'fault' | 'what'> | null
}

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

const runProcess = async (job: Job, registry: string, patience: Patience): Promise<ProcessResult> => {
  const root = await mkdtemp(join(tmpdir(), 'fuzz-'))
  try {
    const child: ChildJob = {
      ...job,
      registry,
      folder: join(root, 'folder'),
      progress: join(root, 'progress'),
      findings: join(root, 'findings'),
    }
    await mkdir(child.folder)
    await writeFile(child.findings, '')
    const end = await watchProcess(child, patience)
    const progress = await readProgress(child.progress)
    if (progress === null)
      throw new Error(`${job.decoder}: found no first input, expected a decoder that opens: ${end?.what}`)
    const lines = (await readFile(child.findings, 'utf8')).split('\n').filter((line) => line !== '')
    return { progress, findings: lines.map((line) => JSON.parse(line) as Finding), end }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

/** Runs a process until it ends or is silent for too long. */
const watchProcess = (job: ChildJob, { silence, start, heap }: Patience): Promise<ProcessResult['end']> =>
  new Promise((resolve) => {
    let isSilent = false
    const args = [`--max-old-space-size=${heap}`, CHILD, JSON.stringify(job)]
    const child = execFile(process.execPath, args, { maxBuffer: Infinity }, (error, _, stderr) => {
      clearInterval(timer)
      if (isSilent) resolve({ fault: 'endless', what: `no end after ${silence / 1000} s` })
      else resolve(error === null ? null : { fault: 'abort', what: describeEnd(error, stderr) })
    })
    let [last, since] = ['', performance.now()]
    const look = async () => {
      const seen = await readProgress(job.progress)
      const text = JSON.stringify(seen)
      if (text !== last) [last, since] = [text, performance.now()]
      isSilent ||= performance.now() - since > (seen === null ? start : silence)
      if (isSilent) child.kill('SIGKILL')
    }
    const timer = setInterval(() => void look(), Math.min(500, silence / 4))
  })

const readProgress = (file: string): Promise<Progress | null> => readFile(file).then(decodeProgress, () => null)

/** Lines of the output of a process that says why it ended. */
const REASON = /^.*(FATAL ERROR|Error).*$/m

const describeEnd = (
  error: Error & { readonly code?: unknown; readonly signal?: string | null | undefined },
  stderr: string,
): string => {
  const reason = (REASON.exec(stderr)?.[0] ?? stderr.trim()).trim().slice(0, 160)
  return [error.signal ?? `exit code ${String(error.code)}`, reason].filter((text) => text !== '').join(': ')
}
