import fs, { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { withScope } from '#cli/scope.js'
import { compareRun } from '#cli/training/compare-run.js'
import { createSteering, openRun, type TrainingRun } from '#cli/training/open-run.js'
import { openTraining } from '#cli/training/open-training.js'
import { planBand } from '#cli/training/plan-band.js'
import { runTraining, trainPrepared } from '#cli/training/run-training.js'
import { saveResults } from '#cli/training/save-results.js'
import { loadTrainedModel } from '#cli/training/training-steps.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { machineDisk } from '#lib/file/disk.js'
import { readModel } from '#lib/model/model-file.js'
import { orThrow } from '#lib/or-throw.js'
import type { LocalModel } from '#lib/policy/local/local-model.js'
import { checkCheckpoint, newestCheckpoint, readCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
import { fakeTerminal } from '../fake-terminal.js'
import { PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()

const words =
  '--steps 2 --prompts 2 --group 2 --evaluation-prompts 2 --evaluation-samples 2 --engine onnx --compare grpo'

/** Opens a run in a folder, and gives it to a function. */
const withRun = async (
  name: string,
  use: (run: TrainingRun, resources: Awaited<ReturnType<typeof openTraining>>) => Promise<void>,
  terminal = fakeTerminal(),
): Promise<void> => {
  const pairs = words.split(' ').flatMap((word, i, all) => (i % 2 === 0 ? [[word.slice(2), all[i + 1]!] as const] : []))
  const config = await loadTrainConfig(new Map(pairs).set('model', base()))()
  if (E.isLeft(config)) throw config.left
  const options = { out: at(name), terminal }
  await withScope(async (scope) => {
    const resources = await openTraining(config.right, options, scope)
    const planned = await planBand(config.right, options, resources)
    if (planned === null) throw new Error('the measurement was interrupted')
    await use(await openRun(planned, options, resources), resources)
  })
}
const summaryIn = (name: string) =>
  JSON.parse(readFileSync(at(name, 'summary.json'), 'utf8')) as {
    readonly status?: unknown
    readonly failure?: unknown
  }
const statusOf = (name: string): unknown => summaryIn(name).status
const hasWeights = (name: string) => existsSync(at(name, 'checkpoint.safetensors'))

it('a run and its comparison leave nothing on the engine, one after the other', { timeout: PATIENCE }, () =>
  withRun('run', async (run, { engine }) => {
    const result = await runTraining(run)
    expect(result.summary).toMatchObject({ status: 'finished', compared: null })
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
    const { summary, comparisonFailure } = await compareRun(run, result)
    expect(comparisonFailure).toBeNull()
    expect(summary).toMatchObject({ status: 'finished', compared: { algorithm: 'grpo', status: 'finished' } })
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  }),
)

it.each([[['config.yaml']], [['config.yaml', 'summary.json']]])(
  'a comparison waits for a disk that does not take its %j',
  { timeout: PATIENCE },
  async (names) => {
    const name = `compared-${names.length}`
    await withRun(name, async (run) => {
      const result = await runTraining(run)
      const refused = names.map((file) => at(name, 'compare', `${file}.part`))
      const { openFile } = machineDisk
      const opened = vi.spyOn(machineDisk, 'openFile').mockImplementation((path) => {
        if (path !== refused[0]) return openFile(path)
        refused.shift()
        return Promise.reject(Object.assign(new Error('ENOSPC: simulated'), { code: 'ENOSPC' }))
      })
      onTestFinished(() => opened.mockRestore())
      const { summary, comparisonFailure } = await compareRun(
        { ...run, spare: { ...run.spare, giveUp: () => 8 } },
        result,
      )
      expect(refused).toEqual([])
      expect(comparisonFailure).toBeNull()
      expect(summary).toMatchObject({ compared: { status: 'finished' } })
    })
  },
)

it(
  'the status is running from the start, saving until the weights and the evaluation are there',
  { timeout: PATIENCE },
  async () => {
    const statuses: unknown[] = []
    const states: string[] = []
    const record = (name: string) => statuses.push(statusOf(name))
    await withRun(
      'told',
      async (run) => {
        record('told')
        const control = {
          save: () => {
            states.push('save')
            expect(hasWeights('told')).toBe(false)
          },
          end: (ending: string) => {
            // The summary tells it no later than the control, so that a page never sees an ending without the weights.
            record('told')
            states.push(ending)
            expect(hasWeights('told')).toBe(true)
          },
        }
        await runTraining({ ...run, control })
      },
      fakeTerminal({
        progress: (text) => {
          if (/^(evaluating|step)/.test(text)) record('told')
        },
      }),
    )
    expect(statuses).toEqual(['running', 'running', 'running', 'running', 'finished'])
    expect(states).toEqual(['save', 'finished'])
  },
)

it(
  'the status is saving while the results are saved, and failed if they cannot be',
  { timeout: PATIENCE },
  async () => {
    await withRun('saved', async (run) => {
      const result = await runTraining(run)
      expect(summaryIn('saved')).toMatchObject({ status: 'finished', failure: null })
      const model = await loadTrainedModel(run.config, run.task, run.base.source, run.engine)
      const broken = trainPrepared(
        { ...run, steering: createSteering(run.config) },
        { model, base: result.base },
        {
          show: () => undefined,
          save: () => {
            expect(statusOf('saved')).toBe('saving')
            return Promise.reject(new Error('no room'))
          },
        },
      )
      await expect(broken).rejects.toThrow('no room')
      expect(summaryIn('saved')).toMatchObject({ status: 'failed', failure: 'no room' })
    })
  },
)

it('a signal while the disk is full gives up the spare file, and the run is saved', { timeout: PATIENCE }, async () => {
  const notes: string[] = []
  await withRun(
    'full',
    async (run) => {
      const [folder, away] = [run.folder, at('away')]
      let isThere = true
      const spare = {
        ...run.spare,
        // The folder is back when the spare file is given up, as there is room for a file that did not fit.
        giveUp: () => {
          if (isThere) return run.spare.giveUp()
          renameSync(away, folder)
          isThere = true
          return 8
        },
      }
      const control = {
        ...run.control,
        save: () => {
          renameSync(folder, away)
          isThere = false
          run.interruption.request()
        },
      }
      // The request comes after the last step, while the run is being saved.
      const { summary } = await runTraining({ ...run, spare, control })
      expect(isThere).toBe(true)
      expect(summary).toMatchObject({ steps: 2 })
      expect(await orThrow(newestCheckpoint(folder))).toMatchObject({ checkpoint: { step: 2 }, damaged: [] })
      expect(statusOf('full')).toBe(summary.status)
    },
    fakeTerminal({ note: (text) => notes.push(text) }),
  )
  expect(notes.filter((text) => text.includes('the spare file of 8 B is given up'))).toHaveLength(1)
  expect(hasWeights('full')).toBe(true)
})

it('a signal while the disk refuses the lines of a step interrupts the run', { timeout: PATIENCE }, async () => {
  const notes: string[] = []
  let stop = () => {}
  const note = (text: string) => {
    notes.push(text)
    if (text.includes('training waits')) queueMicrotask(stop)
  }
  await withRun(
    'refused',
    async (run) => {
      stop = run.interruption.request
      const write = fs.writeSync
      const refuse = (descriptor: number, record: Uint8Array, at: number) => {
        if (Buffer.from(record).includes('"step":1')) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
        return write(descriptor, record, at)
      }
      const written = vi.spyOn(fs, 'writeSync').mockImplementation(refuse as typeof write)
      syncBuiltinESMExports()
      onTestFinished(() => {
        written.mockRestore()
        syncBuiltinESMExports()
      })
      const config = { ...run.config, checkpoints: { every: 1, keep: 1 } }
      const { summary, failure } = await runTraining({ ...run, config })
      expect(summary).toMatchObject({ status: 'interrupted', steps: 1 })
      expect(failure?.error).toMatchObject({ _tag: 'FileError', found: 'no space on the device' })
      expect(statusOf('refused')).toBe('interrupted')
      expect(await orThrow(newestCheckpoint(run.folder))).toMatchObject({ checkpoint: { step: 1 }, damaged: [] })
    },
    fakeTerminal({ note }),
  )
  expect(notes.filter((text) => /not saved|is written/.test(text))).toEqual([])
  expect(hasWeights('refused')).toBe(true)
})

it('a summary that cannot be written keeps no checkpoint from being written', { timeout: PATIENCE }, async () => {
  const notes: string[] = []
  await withRun(
    'no-summary',
    async (run) => {
      const control = {
        ...run.control,
        save: () => {
          rmSync(at('no-summary', 'summary.json'))
          mkdirSync(at('no-summary', 'summary.json', 'in the way'), { recursive: true })
        },
      }
      await expect(runTraining({ ...run, control })).rejects.toThrow('summary.json')
      expect(await orThrow(newestCheckpoint(run.folder))).toMatchObject({ checkpoint: { step: 2 }, damaged: [] })
    },
    fakeTerminal({ note: (text) => notes.push(text) }),
  )
  expect(notes.filter((text) => text.startsWith('the summary is not written: '))).toHaveLength(1)
  expect(hasWeights('no-summary')).toBe(true)
})

it.each(['auto', 2] as const)(
  'the last checkpoint and the trained model share one copy of the weights, with a checkpoint every %s steps',
  { timeout: PATIENCE },
  async (every) => {
    const name = `copied-${every}`
    await withRun(name, async (run) => {
      const model = await loadTrainedModel(run.config, run.task, run.base.source, run.engine)
      let copies = 0
      const snapshot: LocalModel['learner']['snapshot'] = () => {
        copies++
        return model.learner.snapshot()
      }
      const config = { ...run.config, checkpoints: { every, keep: 1 } }
      const prepared = { model: { ...model, learner: { ...model.learner, snapshot } }, base: null }
      await trainPrepared({ ...run, config }, prepared, { show: () => undefined, save: saveResults })
      expect(copies).toBe(1)
      const { learner } = await orThrow(readCheckpoint(await orThrow(checkCheckpoint(run.folder, 2))))
      const { weights } = await orThrow(readModel(at(name, 'checkpoint.safetensors')))
      const trained = new Map<string, HostTensor>()
      for await (const [key, tensor] of weights) trained.set(key, tensor)
      expect(learner.parameters).toEqual(trained)
    })
  },
)
