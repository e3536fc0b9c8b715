import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { lastValueFrom, NEVER } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { TrainingRun } from '#cli/training/open-run.js'
import { runCheckpoints } from '#cli/training/run-checkpoints.js'
import { cutBack, newStart } from '#cli/training/run-start.js'
import type { TrainedModel } from '#cli/training/trained-model.js'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { orThrow } from '#lib/or-throw.js'
import { checkpointSteps, newestCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
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
  const snapshots: ((version: number) => void)[] = []
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
      snapshots.push((version) => resolve(E.right(stateOf(version))))
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
    const last = checkpoints.saveLast('interrupted')
    snapshots[1]!(1)
    expect(await last).toMatchObject({ version: 1 })
    expect(await orThrow(checkpointSteps(folder))).toEqual([1])
  })

  it('stay when an old one cannot be removed, which is noted', async () => {
    const { folder, notes, snapshots, checkpoints } = await aRun()
    // This name is read as step 0, whose folder is not there.
    await mkdir(join(folder, 'checkpoints', 'step-0000000'), { recursive: true })
    checkpoints.record(reportOf(0, 0.5))
    const saved = lastValueFrom(checkpoints.afterStep(), { defaultValue: null })
    snapshots[0]!(1)
    await saved
    expect(notes).toEqual([expect.stringMatching(/^old checkpoints are not removed: .*checkpoints: found /)])
    expect(await orThrow(newestCheckpoint(folder))).toMatchObject({ checkpoint: { step: 1 } })
    await checkpoints.saveLast('failed')
    expect(snapshots).toHaveLength(1)
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
