import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { trainDefaults } from '#cli/config/train-config.js'
import { runToWatch } from '#cli/watching/run-to-watch.js'
import { orThrow } from '#lib/or-throw.js'
import { claimRun } from '#lib/run/run-lock.js'
import { wallClock } from '#lib/timing/wall-clock.js'
import { linesOf, metricsOf, stepsIn, openWatcher } from '../../dashboard/server/test-dashboard.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { planPoints } from '#dashboard/server/plan-points.js'
import { entrainHere } from '../in-process.js'
import { expectMessage, PATIENCE, printed, start } from '../process.js'

/** Creates the folder of a run that lives. */
const aRun = async (config: unknown = { ...trainDefaults, steps: 3 }): Promise<string> => {
  const folder = join(await temporaryFolder(), 'a-run')
  await mkdir(folder)
  const { release } = await orThrow(claimRun(folder, wallClock))
  onTestFinished(release)
  await writeFile(join(folder, 'config.yaml'), stringify(config))
  await writeFile(join(folder, 'metrics.jsonl'), linesOf(metricsOf(0, 2)))
  return folder
}

const address = /dashboard (http:\/\/127\.0\.0\.1:\d+\/#[\w-]{22})\n/

describe('runToWatch', () => {
  it('describes a run by its configuration', async () => {
    const folder = await aRun()
    const { about, control } = await orThrow(runToWatch(`${folder}/`))
    expect(about).toMatchObject({ name: 'a-run', heading: 'entrocraft-calibrated on countdown, seed 1', planned: 3 })
    expect(planPoints(about.band, 3, 3)[0]).toEqual({ step: 0, band: { low: 0.5, high: 0.6 } })
    expect(control).toBeNull()
  })

  it('adds the defaults that a run of an older version did not write', async () => {
    const folder = await aRun({ steps: 2, algorithm: 'grpo' })
    expect((await orThrow(runToWatch(folder))).about).toMatchObject({
      heading: 'grpo on countdown, seed 1',
      planned: 2,
    })
  })
})

describe('entrain watch', { timeout: PATIENCE }, () => {
  it('serves the runs until Ctrl-C, at the address that it prints', async () => {
    const [one, two] = [await aRun(), await aRun({ steps: 2, algorithm: 'grpo' })]
    const process = start(['watch', '--port', '0', one, two])
    let text = ''
    process.child.stdout?.on('data', (chunk) => (text += String(chunk)))
    await printed(process, address)
    const at = new URL(address.exec(text)![1]!)
    const { next, until } = await openWatcher(at, undefined, at.hash.slice(1))
    expect(await next()).toMatchObject({
      event: 'runs',
      runs: [
        { run: 0, name: 'a-run', steerable: false },
        { run: 1, heading: 'grpo on countdown, seed 1', steerable: false },
      ],
    })
    expect(stepsIn(await until((event) => event.event === 'log' && event.run === 1), 1)).toEqual([0, 1])
    process.child.kill('SIGINT')
    expect(await process.ended).toMatchObject({ code: 0, stderr: 'no longer watching\n' })
  })

  it('names a folder without a run, and one with a broken configuration', async () => {
    const empty = await temporaryFolder()
    expectMessage(
      await entrainHere('watch', await aRun(), empty),
      2,
      `${empty}: found no config.yaml in it, expected a run folder`,
    )
    const bad = await aRun({ steps: 'many' })
    expectMessage(
      await entrainHere('watch', bad),
      2,
      `${join(bad, 'config.yaml')}:1: steps: found "many", expected an integer`,
    )
  })

  it('refuses an address that other machines reach without a token', async () => {
    expectMessage(
      await entrainHere('watch', await aRun(), '--host', '0.0.0.0'),
      2,
      '--token: found none with --host 0.0.0.0',
    )
  })

  it('requires a run', async () => {
    expectMessage(await entrainHere('watch'), 2, 'RUN: missing\nSee entrain watch --help.')
  })
})

describe('entrain watch --terminal', { timeout: PATIENCE }, () => {
  it('shows the steps of a run until Ctrl-C', async () => {
    const folder = await aRun()
    await writeFile(
      join(folder, 'timings.jsonl'),
      linesOf(
        [0, 1].map((step) => ({ step, sample: 1, score: 1, update: 1, operators: 1, total: 4, residentBytes: null })),
      ),
    )
    const process = start(['watch', '--terminal', folder])
    await printed(process, /step 1\/3 .*\nstep 2\/3 /)
    process.child.kill('SIGINT')
    expect(await process.ended).toMatchObject({ code: 0 })
  })

  it('ends with exit code 1 for a run that ended before its first summary', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'config.yaml'), stringify({ ...trainDefaults, steps: 3 }))
    const { code, stderr } = await entrainHere('watch', '--terminal', folder)
    expect(code).toBe(1)
    expect(stderr).toMatch(/: interrupted, no sign of life since .*: 0 of 3 steps are in its logs\n$/)
  })

  it('shows one run in the terminal, or a dashboard', async () => {
    const folder = await aRun()
    expectMessage(await entrainHere('watch', '--terminal', folder, folder), 2, '--terminal: found 2 runs, expected one')
    expectMessage(
      await entrainHere('watch', '--terminal', folder, '--port', '1'),
      2,
      '--terminal: found --port beside it',
    )
  })
})
