import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { initialPipelineState } from '#lib/control/pipeline-state.js'
import { writeDurably } from '#lib/file/disk.js'
import { orThrow } from '#lib/or-throw.js'
import { checkpointSteps, newestCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
import { writeCheckpoint } from '#lib/run/checkpoint/write-checkpoint.js'
import { cutRun, moveToCut } from '#lib/run/cut-logs.js'
import { losses, type SimulatedDisk, simulatedDisk } from './checkpoint/simulated-disk.js'
import { temporaryFolder } from './temporary.js'

const RUN = '/run'
const STEPS = [1, 2, 3]

/** Sizes of the logs after a step. */
const sizesAt = (step: number) => ({ 'metrics.jsonl': 100 * step, 'evaluations.jsonl': 10 * step })

/** Numbers of two bytes each, so that a part of a log tells its place. */
const contents = (length: number) => Uint8Array.from({ length }, (_, i) => (i % 2 === 0 ? i >> 9 : i >> 1))
const wholeLogs = { 'metrics.jsonl': contents(350), 'evaluations.jsonl': contents(30) }

/** A disk with a run that has three checkpoints, and lines after the last of them. */
const diskWithRun = async (): Promise<SimulatedDisk> => {
  const simulated = simulatedDisk()
  const { disk } = simulated
  await disk.createFolder(RUN)
  for (const [name, bytes] of Object.entries(wholeLogs)) await writeDurably(disk, join(RUN, name), [bytes])
  for (const step of STEPS) {
    const learner = { version: step, optimizerSteps: step, savedAs: `service://weights/${step}` }
    const pipeline = { ...initialPipelineState, step }
    await orThrow(writeCheckpoint(RUN, { learner, pipeline, logs: sizesAt(step) }, disk))
  }
  return simulated
}

/** Goes back to the first checkpoint. */
const cutToFirst = ({ disk }: SimulatedDisk) => cutRun(RUN, sizesAt(1), [2, 3], disk)()

const callsOfCut = async (): Promise<number> => {
  const simulated = await diskWithRun()
  const before = simulated.calls()
  expect(await cutToFirst(simulated)).toEqual(E.right(undefined))
  return simulated.calls() - before
}

/** Goes on from the newest checkpoint of a folder, as `entrain resume` does without --from, and returns its step. */
const goOn = async (run: string): Promise<number> => {
  const { checkpoint, damaged } = await orThrow(newestCheckpoint(run))
  expect(damaged).toEqual([])
  const { step, state } = checkpoint!
  const later = (await orThrow(checkpointSteps(run))).filter((each) => each > step)
  expect(await cutRun(run, state.logs, later)()).toEqual(E.right(undefined))
  for (const [name, size] of Object.entries(sizesAt(step)))
    expect(await readFile(join(run, name))).toEqual(Buffer.from(contents(size)))
  return step
}

/** Place in a log where a part of it begins. The end of the log is the only place that has the bytes of the part. */
const startOf = (part: Buffer, log: Uint8Array): number => {
  const start = Buffer.from(log).lastIndexOf(part)
  expect(start).toBeGreaterThanOrEqual(0)
  return start
}

/** Checks that every line and every checkpoint is in the run, or in a folder of what was cut. */
const expectAllKept = async (run: string) => {
  const kept = await readdir(join(run, 'cut')).catch(() => [])
  const cut = await Promise.all(kept.map((name) => readdir(join(run, 'cut', name))))
  const checkpoints = [...(await readdir(join(run, 'checkpoints'))), ...cut.flat()]
  expect(checkpoints).toEqual(expect.arrayContaining(STEPS.map((step) => `step-00000${step}`)))
  for (const [name, bytes] of Object.entries(wholeLogs)) {
    // Every place of the log is in the log itself, or in an end of it that was cut.
    const found = new Set<number>(contents((await readFile(join(run, name))).length).keys())
    for (const each of kept) {
      const part = await readFile(join(run, 'cut', each, name)).catch(() => Buffer.of())
      const start = part.length === 0 ? 0 : startOf(part, bytes)
      part.forEach((_, i) => found.add(start + i))
    }
    expect(found.size).toBe(bytes.length)
  }
}

describe('cutRun', () => {
  it('cuts the logs, and keeps their ends and the later checkpoints', async () => {
    const simulated = await diskWithRun()
    await cutToFirst(simulated)
    for (const loss of losses) {
      const folder = await temporaryFolder()
      simulated.writeRemains(folder, loss)
      expect(await goOn(join(folder, RUN))).toBe(1)
      expect((await readdir(join(folder, RUN, 'cut/1'))).sort()).toEqual([
        ...['evaluations.jsonl', 'metrics.jsonl', 'step-000002', 'step-000003'],
      ])
      await expectAllKept(join(folder, RUN))
    }
  })

  it.each(losses)('that loses power at any system call leaves a run that goes on: lost is %s', async (loss) => {
    const calls = await callsOfCut()
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithRun()
      simulated.failAt(call, 'power loss')
      expect(await cutToFirst(simulated), `call ${call}`).toMatchObject(E.left({ _tag: 'FileError' }))
      const folder = await temporaryFolder()
      simulated.writeRemains(folder, loss)
      expect(STEPS, `call ${call}`).toContain(await goOn(join(folder, RUN)))
      await expectAllKept(join(folder, RUN))
    }
  })

  it.each(['ENOSPC', 'EIO'] as const)('that meets %s at any system call can be repeated', async (code) => {
    const calls = await callsOfCut()
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithRun()
      simulated.failAt(call, code)
      expect(await cutToFirst(simulated), `call ${call}`).toMatchObject(E.left({ _tag: 'FileError' }))
      const folder = await temporaryFolder()
      simulated.writeRemains(folder, 'nothing')
      const run = join(folder, RUN)
      const later = (await orThrow(checkpointSteps(run))).filter((step) => step > 1)
      expect(await cutRun(run, sizesAt(1), later)(), `call ${call}`).toEqual(E.right(undefined))
      expect(await goOn(run)).toBe(1)
      await expectAllKept(run)
    }
  })

  it('refuses a log that is shorter than its checkpoint says, and moves nothing', async () => {
    const simulated = await diskWithRun()
    const result = await cutRun(RUN, { ...sizesAt(1), 'metrics.jsonl': 351 }, [2, 3], simulated.disk)()
    expect(result).toMatchObject(E.left({ found: '350 bytes', place: '/run/metrics.jsonl' }))
    expect(await simulated.disk.list('/run/checkpoints')).toHaveLength(3)
  })
})

describe('moveToCut', () => {
  it('moves a folder into the next folder of what was cut', async () => {
    const run = await temporaryFolder()
    for (const text of ['first', 'second']) {
      await mkdir(join(run, 'compare'))
      await writeFile(join(run, 'compare', 'config.yaml'), text)
      await orThrow(moveToCut(run, 'compare'))
    }
    expect(await readdir(run)).toEqual(['cut'])
    expect(await readFile(join(run, 'cut/1/compare/config.yaml'), 'utf8')).toBe('first')
    expect(await readFile(join(run, 'cut/2/compare/config.yaml'), 'utf8')).toBe('second')
  })
})
