import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameOfRun, type RunPlan } from '#bench/paper/plan.js'
import { fileOfRun, readRecord, writeRecord } from '#bench/paper/record.js'
import { type Execute, runMissing, runScript } from '#bench/paper/runner.js'
import { aPlan, aRecord } from './synthetic.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'entrain-paper-'))
})
afterEach(() => rm(folder, { recursive: true }))

const plansOf = (...seeds: readonly number[]) =>
  new Map(seeds.map((seed) => aPlan({ seed })).map((plan) => [nameOfRun(plan), plan]))

/** Runs plans with an execution that writes synthetic records, and returns the seeds that were run. */
const runWith = async (plans: ReadonlyMap<string, RunPlan>, options: { execute?: Execute; jobs?: number } = {}) => {
  const interruption = new AbortController()
  const [seeds, lines]: [number[], string[]] = [[], []]
  const execute: Execute = async (plan, signal) => {
    seeds.push(plan.seed)
    await (options.execute ?? (() => writeRecord(folder, aRecord(plan))))(plan, signal)
  }
  const result = await runMissing(plans, {
    folder,
    jobs: options.jobs ?? 1,
    execute,
    signal: interruption.signal,
    print: (line) => lines.push(line),
    expectedSeconds: () => 1,
    clock: () => 0,
  })
  return { seeds, lines, result }
}

describe('the runner', () => {
  it('runs every plan once, and none of them at a second call', async () => {
    const plans = plansOf(1, 2, 3)
    expect((await runWith(plans)).result).toEqual({ cached: 0, done: 3, failures: [] })
    const again = await runWith(plans)
    expect(again.seeds).toEqual([])
    expect(again.result).toEqual({ cached: 3, done: 0, failures: [] })
  })

  it('runs a plan again whose file is torn or holds another run', async () => {
    await runWith(plansOf(1, 2, 3))
    await writeFile(fileOfRun(folder, aPlan({ seed: 1 })), '{"plan":')
    await writeFile(fileOfRun(folder, aPlan({ seed: 3 })), JSON.stringify(aRecord(aPlan({ seed: 2 }))))
    expect((await runWith(plansOf(1, 2, 3))).seeds).toEqual([1, 3])
    expect(await readRecord(folder, aPlan({ seed: 3 }))).not.toBeNull()
  })

  it('goes on after a failure, and names the run that failed', async () => {
    const execute: Execute = (plan) =>
      plan.seed === 2 ? Promise.reject(new Error('out of memory')) : writeRecord(folder, aRecord(plan))
    const { result, lines } = await runWith(plansOf(1, 2, 3), { execute })
    expect(result).toEqual({ cached: 0, done: 2, failures: [`${nameOfRun(aPlan({ seed: 2 }))}: out of memory`] })
    expect(lines.some((line) => line.startsWith('FAILED') && line.includes('out of memory'))).toBe(true)
  })

  it('runs as many plans at the same time as there are jobs, and no more', async () => {
    let [running, most] = [0, 0]
    const execute: Execute = async (plan) => {
      most = Math.max(most, ++running)
      await writeRecord(folder, aRecord(plan))
      running--
    }
    await runWith(plansOf(1, 2, 3, 4, 5, 6), { execute, jobs: 3 })
    expect(most).toBe(3)
  })

  it('starts no plan after an interruption, and reports no failure for the plans that it ended', async () => {
    const interruption = new AbortController()
    const seeds: number[] = []
    const result = await runMissing(plansOf(1, 2, 3), {
      folder,
      jobs: 1,
      execute: (plan, signal) => {
        seeds.push(plan.seed)
        interruption.abort()
        return Promise.reject(signal.reason as Error)
      },
      signal: interruption.signal,
      print: () => undefined,
      expectedSeconds: () => 1,
      clock: () => 0,
    })
    expect([seeds, result]).toEqual([[1], { cached: 0, done: 0, failures: [] }])
  })
})

describe('a script in a process of its own', () => {
  const script = async (text: string) => {
    const file = join(folder, 'script.mjs')
    await writeFile(file, text)
    return new URL(`file://${file}`)
  }

  it('rejects with the last lines of its error output', async () => {
    const failing = await script("console.error('the cause'); process.exitCode = 3")
    await expect(runScript(failing, [], new AbortController().signal)).rejects.toThrow('the cause')
  })

  it('ends when it is interrupted', async () => {
    const interruption = new AbortController()
    const ended = runScript(await script('setInterval(() => {}, 1000)'), [], interruption.signal)
    interruption.abort()
    await expect(ended).rejects.toThrow()
  })
})
