import { createHash } from 'node:crypto'
import files, { readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { initialPipelineState } from '#lib/control/pipeline-state.js'
import { orThrow } from '#lib/or-throw.js'
import { pruneCheckpoints, removeCheckpoints } from '#lib/run/checkpoint/prune-checkpoints.js'
import {
  checkCheckpoint,
  checkpointSteps,
  newestCheckpoint,
  readCheckpoint,
  readSavedCheckpoint,
} from '#lib/run/checkpoint/read-checkpoint.js'
import type { RunCheckpoint } from '#lib/run/checkpoint/run-checkpoint.js'
import { scoreCheckpoint } from '#lib/run/checkpoint/score-checkpoint.js'
import { writeCheckpoint } from '#lib/run/checkpoint/write-checkpoint.js'
import { temporaryFolder } from '../temporary.js'
import { losses, type SimulatedDisk, simulatedDisk } from './simulated-disk.js'

const tensorOf = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) })

const aCheckpoint = (step: number, score: number | null = null): RunCheckpoint => ({
  learner: {
    version: step,
    optimizerSteps: 2 * step,
    gradientNorms: [0.5, Infinity],
    parameters: new Map([
      ['a', tensorOf(step, 0.1, -0)],
      ['b', tensorOf(1e-38, step / 3)],
    ]),
    firstMoments: new Map([['a', tensorOf(0, step, 0)]]),
    secondMoments: new Map([['a', tensorOf(step, step, step)]]),
  },
  pipeline: {
    ...initialPipelineState,
    step,
    entropy: 0.1 + step,
    filterMemory: { gain: NaN, changes: [-0, Infinity, 1 / 3] },
    prompts: { from: 3 * step, used: [3 * step + 2] },
  },
  logs: { 'metrics.jsonl': 100 * step },
  score,
  inputs: {},
  engine: { name: 'onnx', device: null, threads: 2 },
  config: { seed: step, band: { schedule: 'constant' } },
})

const newestIn = async (run: string) => {
  const { checkpoint, damaged } = await orThrow(newestCheckpoint(run))
  return { checkpoint: checkpoint && (await orThrow(readCheckpoint(checkpoint))), damaged }
}

describe('a checkpoint', () => {
  it('is read as it was written, to the last bit', async () => {
    const run = await temporaryFolder()
    await orThrow(writeCheckpoint(run, aCheckpoint(7, 0.5)))
    const { checkpoint } = await newestIn(run)
    expect(checkpoint).toEqual(aCheckpoint(7, 0.5))
    expect(Object.is(checkpoint!.learner.parameters.get('a')!.data[2], -0)).toBe(true)
  })

  it('has the address of weights that a service keeps, and no tensors', async () => {
    const run = await temporaryFolder()
    const learner = { version: 3, optimizerSteps: 6, savedAs: 'tinker://model_1/weights/entrain-000003-state-4' }
    const folder = await orThrow(writeCheckpoint(run, { ...aCheckpoint(7), learner }))
    expect(await readdir(folder)).toEqual(['state.json'])
    const { checkpoint } = await orThrow(newestCheckpoint(run))
    expect(readSavedCheckpoint(checkpoint!)).toEqual(E.right({ ...aCheckpoint(7), learner }))
    expect(await readCheckpoint(checkpoint!)()).toMatchObject({
      left: { _tag: 'CheckpointError', place: folder, found: expect.stringContaining(learner.savedAs) as string },
    })
  })

  it('of an earlier version has no configuration', async () => {
    const run = await temporaryFolder()
    const file = join(await orThrow(writeCheckpoint(run, aCheckpoint(7))), 'state.json')
    const { sha256, config, ...fields } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    expect([sha256, config]).toEqual([expect.any(String), aCheckpoint(7).config])
    const digest = createHash('sha256').update(JSON.stringify(fields)).digest('hex')
    await writeFile(file, JSON.stringify({ ...fields, sha256: digest }))
    expect(await newestIn(run)).toEqual({ checkpoint: { ...aCheckpoint(7), config: null }, damaged: [] })
  })

  it('of this machine is none of a service', async () => {
    const run = await temporaryFolder()
    const folder = await orThrow(writeCheckpoint(run, aCheckpoint(7)))
    const { checkpoint } = await orThrow(newestCheckpoint(run))
    expect(readSavedCheckpoint(checkpoint!)).toMatchObject({ left: { _tag: 'CheckpointError', place: folder } })
  })

  it('is not there in a new run', async () => {
    expect(await newestIn(await temporaryFolder())).toEqual({ checkpoint: null, damaged: [] })
  })

  it('replaces one of the same step that cannot be read', async () => {
    const run = await temporaryFolder()
    const folder = await orThrow(writeCheckpoint(run, aCheckpoint(1)))
    await rm(join(folder, 'state.json'))
    await orThrow(writeCheckpoint(run, aCheckpoint(1)))
    expect((await newestIn(run)).checkpoint).toEqual(aCheckpoint(1))
  })

  it('cannot be written into a file, and says so', async () => {
    const file = join(await temporaryFolder(), 'file')
    await writeFile(file, '')
    const place = join(file, 'checkpoints', 'step-000001')
    expect(await writeCheckpoint(file, aCheckpoint(1))()).toMatchObject(E.left({ _tag: 'FileError', place }))
  })
})

const damages: Readonly<Record<string, (folder: string) => Promise<void>>> = {
  'state.json is missing': (folder) => rm(join(folder, 'state.json')),
  'state.json is torn': (folder) => truncate(join(folder, 'state.json'), 40),
  'a digit of state.json is altered': async (folder) => {
    const file = join(folder, 'state.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"optimizerSteps": 4', '"optimizerSteps": 5'))
  },
  'state.json is of a later format': async (folder) => {
    const file = join(folder, 'state.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"format": 1', '"format": 2'))
  },
  'parameters.safetensors is missing': (folder) => rm(join(folder, 'parameters.safetensors')),
  'first-moments.safetensors is torn': (folder) => truncate(join(folder, 'first-moments.safetensors'), 30),
  'a bit of second-moments.safetensors is altered': async (folder) => {
    const file = join(folder, 'second-moments.safetensors')
    const bytes = await readFile(file)
    bytes[bytes.length - 1]! ^= 1
    await writeFile(file, bytes)
  },
}

describe.each(Object.entries(damages))('a checkpoint of which %s', (name, damage) => {
  it('is left out, and the one before it is found', async () => {
    const run = await temporaryFolder()
    await orThrow(writeCheckpoint(run, aCheckpoint(1)))
    const folder = await orThrow(writeCheckpoint(run, aCheckpoint(2)))
    await damage(folder)
    const { checkpoint, damaged } = await newestIn(run)
    expect(checkpoint).toEqual(aCheckpoint(1))
    const file = /[\w-]+\.(?:json|safetensors)/.exec(name)![0]
    expect(damaged).toMatchObject([{ _tag: 'CheckpointError', place: join(folder, file) }])
    expect(await checkCheckpoint(run, 1)()).toMatchObject(E.right({ step: 1 }))
  })
})

describe('old checkpoints', () => {
  const stepsAfter = async (scores: readonly (number | null)[], keep: number) => {
    const run = await temporaryFolder()
    for (const [i, score] of scores.entries()) await orThrow(writeCheckpoint(run, aCheckpoint(i + 1, score)))
    await orThrow(pruneCheckpoints(run, keep))
    return orThrow(checkpointSteps(run))
  }

  it('are removed, except the newest', async () => {
    expect(await stepsAfter([null, null, null, null], 2)).toEqual([3, 4])
    expect(await stepsAfter([null], 3)).toEqual([1])
  })

  it('are removed, except the one with the best score, the later of two that are equal', async () => {
    expect(await stepsAfter([0.1, 0.3, 0.3, 0.2, null], 1)).toEqual([3, 5])
    expect(await stepsAfter([0.1, 0.2, 0.3], 1)).toEqual([3])
  })

  it('stay if their state cannot be read, as they may have the best score', async () => {
    const run = await temporaryFolder()
    for (const step of [1, 2, 3]) await orThrow(writeCheckpoint(run, aCheckpoint(step, step === 1 ? 0.9 : null)))
    const state = join(run, 'checkpoints/step-000001/state.json')
    await rename(state, `${state}.away`)
    expect(await orThrow(pruneCheckpoints(run, 1))).toMatchObject([{ _tag: 'CheckpointError', place: state }])
    await rename(`${state}.away`, state)
    expect(await orThrow(pruneCheckpoints(run, 1))).toEqual([])
    expect(await orThrow(checkpointSteps(run))).toEqual([1, 3])
  })

  it.each([0, -1, 1.5])('are never all removed: %d to keep is refused', (keep) => {
    expect(() => pruneCheckpoints(RUN, keep)).toThrow(`keep: found ${keep}, expected an integer >= 1`)
  })
})

describe('the score of a checkpoint', () => {
  it('is written after the checkpoint, which stays intact and counts as the best', async () => {
    const run = await temporaryFolder()
    for (const step of [1, 2, 3]) await orThrow(writeCheckpoint(run, aCheckpoint(step)))
    await orThrow(scoreCheckpoint(run, 1, 0.75))
    expect(await checkCheckpoint(run, 1)()).toMatchObject(E.right({ state: { score: 0.75 } }))
    expect(await readdir(join(run, 'checkpoints/step-000001'))).toHaveLength(4)
    await orThrow(pruneCheckpoints(run, 1))
    expect(await orThrow(checkpointSteps(run))).toEqual([1, 3])
    const { checkpoint } = await orThrow(newestCheckpoint(run, 1))
    expect(await orThrow(readCheckpoint(checkpoint!))).toEqual(aCheckpoint(1, 0.75))
  })

  it('is an error of the disk if the state cannot be read for a moment, so that it can be written later', async () => {
    const run = await temporaryFolder()
    await orThrow(writeCheckpoint(run, aCheckpoint(1)))
    const cause = Object.assign(new Error('EIO: simulated'), { code: 'EIO' })
    const stat = vi.spyOn(files, 'stat').mockRejectedValueOnce(cause)
    syncBuiltinESMExports()
    onTestFinished(() => {
      stat.mockRestore()
      syncBuiltinESMExports()
    })
    expect(await scoreCheckpoint(run, 1, 0.75)()).toMatchObject({ left: { _tag: 'FileError', cause } })
    await orThrow(scoreCheckpoint(run, 1, 0.75))
    expect(await checkCheckpoint(run, 1)()).toMatchObject(E.right({ state: { score: 0.75 } }))
  })

  it('is not written where there is no checkpoint, or one that is damaged', async () => {
    const run = await temporaryFolder()
    const folder = await orThrow(writeCheckpoint(run, aCheckpoint(1)))
    await writeFile(join(folder, 'state.json'), '{}')
    for (const step of [1, 2]) await orThrow(scoreCheckpoint(run, step, 0.75))
    expect(await readFile(join(folder, 'state.json'), 'utf8')).toBe('{}')
    expect(await readdir(join(run, 'checkpoints'))).toEqual(['step-000001'])
  })
})

const RUN = '/run'

/** A disk on which a run has its first checkpoint. */
const diskWithCheckpoint = async (): Promise<SimulatedDisk> => {
  const simulated = simulatedDisk()
  await simulated.disk.createFolder(RUN)
  await orThrow(writeCheckpoint(RUN, aCheckpoint(1), simulated.disk))
  return simulated
}

/** Writes the second checkpoint and removes the first, as a run does that keeps one. */
const saveNext = ({ disk }: SimulatedDisk) =>
  pipe(
    writeCheckpoint(RUN, aCheckpoint(2), disk),
    TE.chain(() => removeCheckpoints(RUN, [1], disk)),
  )()

const remainsOf = async (simulated: SimulatedDisk, loss: (typeof losses)[number]) => {
  const folder = await temporaryFolder()
  simulated.writeRemains(folder, loss)
  return newestIn(join(folder, RUN))
}

/** Number of system calls of a save. */
const callsOfSave = async (): Promise<number> => {
  const simulated = await diskWithCheckpoint()
  const before = simulated.calls()
  expect(await saveNext(simulated)).toEqual(E.right(undefined))
  return simulated.calls() - before
}

describe('a save', () => {
  it('leaves the new checkpoint on the device, and not the old one', async () => {
    const simulated = await diskWithCheckpoint()
    await saveNext(simulated)
    for (const loss of losses) {
      const folder = await temporaryFolder()
      simulated.writeRemains(folder, loss)
      expect(await readdir(join(folder, RUN, 'checkpoints'))).toEqual(['step-000002'])
      expect(await newestIn(join(folder, RUN))).toEqual({ checkpoint: aCheckpoint(2), damaged: [] })
    }
  })

  it.each(losses)('that loses power at any system call leaves a state that loads: lost is %s', async (loss) => {
    const calls = await callsOfSave()
    const found: number[] = []
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithCheckpoint()
      simulated.failAt(call, 'power loss')
      expect(E.isLeft(await saveNext(simulated))).toBe(true)
      const { checkpoint, damaged } = await remainsOf(simulated, loss)
      expect(damaged, `call ${call}`).toEqual([])
      expect([aCheckpoint(1), aCheckpoint(2)], `call ${call}`).toContainEqual(checkpoint)
      found.push(checkpoint!.pipeline.step)
    }
    // The state is never older than one that was found after an earlier crash.
    expect(found).toEqual(found.toSorted())
    expect(new Set(found)).toEqual(new Set([1, 2]))
  })

  it.each(['ENOSPC', 'EIO'] as const)(
    'that meets %s at any system call keeps the old checkpoint, and can be repeated',
    async (code) => {
      const calls = await callsOfSave()
      for (let call = 0; call < calls; call++) {
        const simulated = await diskWithCheckpoint()
        simulated.failAt(call, code)
        const result = await saveNext(simulated)
        expect(result, `call ${call}`).toMatchObject(E.left({ _tag: 'FileError' }))
        for (const loss of losses) {
          const { checkpoint, damaged } = await remainsOf(simulated, loss)
          expect(damaged, `call ${call}`).toEqual([])
          expect([aCheckpoint(1), aCheckpoint(2)], `call ${call}`).toContainEqual(checkpoint)
        }
        expect(await writeCheckpoint(RUN, aCheckpoint(2), simulated.disk)(), `call ${call}`).toMatchObject(E.right({}))
        expect((await remainsOf(simulated, 'what was not synced')).checkpoint).toEqual(aCheckpoint(2))
      }
    },
  )

  it('goes on after a call that writes only half of its bytes', async () => {
    const calls = await callsOfSave()
    for (let call = 0; call < calls; call++) {
      const simulated = await diskWithCheckpoint()
      simulated.failAt(call, 'half a write')
      expect(await saveNext(simulated), `call ${call}`).toEqual(E.right(undefined))
      expect((await remainsOf(simulated, 'what was not synced')).checkpoint).toEqual(aCheckpoint(2))
    }
  })
})
