import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, NEVER } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { TrainingRun } from '#cli/training/open-run.js'
import { runCheckpoints } from '#cli/training/run-checkpoints.js'
import { cutBack, newStart } from '#cli/training/run-start.js'
import type { TrainedModel } from '#cli/training/trained-model.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { initialPipelineState } from '#lib/control/pipeline-state.js'
import { machineDisk } from '#lib/file/disk.js'
import { orThrow } from '#lib/or-throw.js'
import { checkpointSteps, newestCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
import { writeCheckpoint } from '#lib/run/checkpoint/write-checkpoint.js'
import { reportOf } from '../../lib/run/reports.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { fakeTerminal } from '../fake-terminal.js'

const tensors = new Map([['a', { shape: [1], data: Float32Array.of(1) }]])
const stateOf = (version: number): TrainingState => ({
  ...{ version, optimizerSteps: version, parameters: tensors, firstMoments: tensors, secondMoments: tensors },
})

/** Checkpoints of a run, one after each step, of which the newest is kept. Each snapshot waits until it is answered. */
const aRun = async () => {
  const folder = await temporaryFolder()
  const notes: string[] = []
  const snapshots: ((answer: number | Error) => void)[] = []
  const run = {
    config: { checkpoints: { every: 1, keep: 1 }, evaluation: { every: 0 }, steps: 9, stageTimeout: null },
    folder,
    start: newStart,
    base: { source: { config: {} } },
    inputs: {},
    usedEngine: null,
    terminal: fakeTerminal({ note: (text) => notes.push(text) }),
    interruption: { stop$: NEVER, isRequested: () => false },
    spare: { reserve: () => Promise.resolve(), giveUp: () => 0 },
  } as unknown as TrainingRun
  const snapshot = () => () =>
    new Promise((resolve) => {
      snapshots.push((answer) => resolve(answer instanceof Error ? E.left(answer) : E.right(stateOf(answer))))
    })
  const model = { learner: { snapshot }, recoverFrom: () => undefined } as unknown as TrainedModel
  return { folder, notes, snapshots, checkpoints: runCheckpoints(run, model) }
}

describe('the checkpoints of a run', () => {
  it('are saved again at the end if the last save has failed', async () => {
    const { folder, snapshots, checkpoints } = await aRun()
    checkpoints.record(reportOf(0, 0.5))
    const saved = lastValueFrom(checkpoints.afterStep(), { defaultValue: null })
    // Weights of another version are not saved.
    snapshots[0]!(7)
    await expect(saved).rejects.toMatchObject({ found: 'weights of version 7' })
    const last = checkpoints.saveLast(false)
    snapshots[1]!(1)
    expect(await (await last)()).toMatchObject({ version: 1 })
    expect(snapshots).toHaveLength(2)
    expect(await orThrow(checkpointSteps(folder))).toEqual([1])
  })

  it('stay when an old one cannot be removed, which is noted', async () => {
    const { folder, notes, snapshots, checkpoints } = await aRun()
    await orThrow(writeCheckpoint(folder, { learner: stateOf(0), pipeline: initialPipelineState }))
    const removal = vi
      .spyOn(machineDisk, 'remove')
      .mockImplementation((path) =>
        path.endsWith('.removed') ? Promise.reject(new Error('EIO: simulated')) : Promise.resolve(),
      )
    onTestFinished(() => removal.mockRestore())
    checkpoints.record(reportOf(0, 0.5))
    const saved = lastValueFrom(checkpoints.afterStep(), { defaultValue: null })
    snapshots[0]!(1)
    await saved
    expect(notes).toEqual([expect.stringMatching(/^old checkpoints are not removed: .*checkpoints: found EIO: /)])
    expect(await orThrow(newestCheckpoint(folder))).toMatchObject({ checkpoint: { step: 1 } })
  })

  it('stay when an old one cannot be read, which is noted once', async () => {
    const { folder, notes, snapshots, checkpoints } = await aRun()
    await mkdir(join(folder, 'checkpoints', 'step-000000'), { recursive: true })
    for (const step of [0, 1]) {
      checkpoints.record(reportOf(step, 0.5))
      const saved = lastValueFrom(checkpoints.afterStep(), { defaultValue: null })
      snapshots[step]!(step + 1)
      await saved
    }
    expect(notes).toEqual([
      expect.stringMatching(/^an old checkpoint stays: .*step-000000.state\.json: found no such file/),
    ])
    expect(await orThrow(checkpointSteps(folder))).toEqual([0, 2])
  })

  it('have the weights of a run that fails after one of them, so that its engine is not asked', async () => {
    const { snapshots, checkpoints } = await aRun()
    checkpoints.record(reportOf(0, 0.5))
    const saved = lastValueFrom(checkpoints.afterStep(), { defaultValue: null })
    snapshots[0]!(1)
    await saved
    const lastState = await checkpoints.saveLast(true)
    expect(await lastState()).toMatchObject({ version: 1, parameters: tensors })
    expect(snapshots).toHaveLength(1)
  })

  it('ask an engine that has failed once', async () => {
    const { notes, snapshots, checkpoints } = await aRun()
    checkpoints.record(reportOf(0, 0.5))
    const last = checkpoints.saveLast(true)
    snapshots[0]!(new Error('no answer'))
    await expect((await last)()).rejects.toThrow('no answer')
    expect(snapshots).toHaveLength(1)
    expect(notes).toEqual(['the steps after step 0 are not saved: no answer'])
  })

  it('are free of the rest of a killed save when the run goes on', async () => {
    const { folder } = await aRun()
    const part = join(folder, 'checkpoints', 'step-000003.part')
    await mkdir(part, { recursive: true })
    await writeFile(join(part, 'parameters.safetensors'), 'half')
    await mkdir(join(folder, 'checkpoints', 'step-000001.removed'))
    await cutBack(folder, newStart)
    expect(await readdir(join(folder, 'checkpoints'))).toEqual([])
  })
})
