import { describe, expect, it } from 'vitest'
import type { Fault } from '#bench/fuzz/job.js'
import { runJob } from '#bench/fuzz/supervise.js'

/** Decoder that accepts its sample, and does something else with every other input. */
const registryOf = (other: string): string =>
  `data:text/javascript,${encodeURIComponent(`
    const sample = new TextEncoder().encode('{"a":1}')
    const decode = async (input) => {
      if (Buffer.compare(input, sample) === 0) return
      ${other}
    }
    export const decoders = {
      faulty: { about: '', form: 'json', weight: 1, samples: async () => [sample], open: async () => decode },
    }`)}`

/** Limits that a busy machine does not reach. */
const patient = { silence: 120_000, start: 120_000, heap: 96 }

const INPUTS = 6

const job = { decoder: 'faulty', seed: 1, from: 0, to: INPUTS }

describe('runJob', { timeout: 300_000 }, () => {
  it.each<readonly [Fault, string, string]>([
    ['untyped', 'throw new TypeError("no text")', 'TypeError: no text'],
    ['untyped', 'throw "a text"', 'thrown: a text'],
    ['uncaught', 'void Promise.reject(new Error("lost"))', 'Error: lost'],
    ['memory', 'globalThis.kept = Buffer.alloc(2 ** 28, 1)', 'MiB for'],
    ['abort', 'process.abort()', 'SIGABRT'],
    ['abort', 'process.exit(3)', 'exit code 3'],
    ['abort', 'const kept = []; for (;;) kept.push(new Array(1000).fill(kept.length))', 'heap'],
  ])('finds the fault %s of a decoder that does: %s', async (fault, other, what) => {
    const { findings, accepted, refused } = await runJob({ ...job, to: 2 }, registryOf(other), patient)
    expect(findings.map(({ fault }) => fault)).toEqual([fault, fault])
    expect(findings.map(({ number }) => number)).toEqual([0, 1])
    for (const finding of findings) expect(finding.what).toContain(what)
    expect(accepted + refused).toBeLessThanOrEqual(2)
  })

  it('ends a decoder that does not end, and goes on with the next input', async () => {
    const { findings } = await runJob({ ...job, to: 2 }, registryOf('for (;;) ;'), { ...patient, silence: 1000 })
    expect(findings).toEqual([0, 1].map((number) => ({ number, fault: 'endless', what: 'no end after 1 s' })))
  })

  it('counts the inputs that are accepted and refused', async () => {
    expect(await runJob(job, registryOf(''), patient)).toMatchObject({ accepted: INPUTS, refused: 0, findings: [] })
  })

  it('says why a decoder cannot begin', async () => {
    await expect(runJob(job, 'data:text/javascript,throw new Error("no module")', patient)).rejects.toThrow('no module')
  })
})
