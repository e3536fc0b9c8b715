import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/lib/Either.js'
import { expect, it, onTestFinished, vi } from 'vitest'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { withScope } from '#cli/scope.js'
import { openRun } from '#cli/training/open-run.js'
import { openTraining, type TrainingResources } from '#cli/training/open-training.js'
import { planBand } from '#cli/training/plan-band.js'
import { runTraining, type TrainingResult } from '#cli/training/run-training.js'
import type { Routine } from '#lib/compute/engine/engine.js'
import type { HostTensor } from '#lib/compute/program/node.js'
import { readModel } from '#lib/model/model-file.js'
import { orThrow } from '#lib/or-throw.js'
import { checkCheckpoint, readCheckpoint } from '#lib/run/checkpoint/read-checkpoint.js'
import { fakeTerminal } from '../fake-terminal.js'
import { PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()

/** Routine that runs an expression when it starts in its worker. */
const starting = (expression: string): Routine<null, null, never> => ({
  module: `data:text/javascript,${encodeURIComponent(`export const routine = { start: () => ${expression} }`)}`,
  name: 'routine',
  start: () => {
    throw new Error('it is started in the worker')
  },
})
/** Ends the thread, as a crash does. */
const leaving = starting('process.exit(7)')
/** Makes the engine wait for ever. */
const hanging = starting('new Promise(() => {})')

const settings = {
  steps: '3',
  prompts: '4',
  group: '4',
  'evaluation-prompts': '4',
  'evaluation-samples': '2',
  engine: 'onnx',
  threads: '1',
  compare: 'none',
}

interface Ended {
  readonly result: TrainingResult
  readonly notes: readonly string[]
}

/** Trains in a folder; `disturb` is called with the step of each measured entropy, and `notes` gets the notes. */
const trainIn = async (
  name: string,
  flags: Readonly<Record<string, string>>,
  disturb: (step: number, resources: TrainingResources) => void = () => undefined,
  notes: string[] = [],
): Promise<Ended> => {
  const config = await loadTrainConfig(new Map(Object.entries({ ...settings, model: base(), ...flags })))()
  if (E.isLeft(config)) throw config.left
  const options = { out: at(name), terminal: fakeTerminal({ note: (text) => notes.push(text) }) }
  const result = await withScope(async (scope) => {
    const resources = await openTraining(config.right, options, scope)
    const planned = await planBand(config.right, options, resources)
    if (planned === null) throw new Error('the measurement was interrupted')
    const run = await openRun(planned, options, resources)
    run.steering.entropy.state$.subscribe(({ step }) => disturb(step, resources))
    return runTraining(run)
  })
  return { result, notes }
}

const written = (name: string) =>
  ['metrics.jsonl', 'rollouts.jsonl', 'evaluations.jsonl', 'checkpoint.safetensors'].map((file) =>
    readFileSync(at(name, file), 'base64'),
  )

it('a run whose engines are lost writes the files of a run that lost none', { timeout: PATIENCE }, async () => {
  // The first loss is made good from the base model, and the second one from a checkpoint.
  const flags = { replicas: '2', 'checkpoint-every': '2' }
  const undisturbed = await trainIn('undisturbed', flags)
  expect(undisturbed.notes.filter((note) => note.includes('lost'))).toEqual([])
  const { result, notes } = await trainIn('disturbed', flags, (step, { engine, replicas }) => {
    const lost = step === 1 ? replicas[0]! : step === 2 ? engine : null
    lost?.start(leaving, null).catch(() => undefined)
  })
  expect(result.summary.status).toBe('finished')
  const noteOf = (place: number, restart: number) =>
    `engine onnx (${place} of 2) was lost: the engine's worker ended, exit code 7; it is started again (${restart} of at most 3 times), and the interrupted work is repeated`
  expect(notes.filter((note) => note.includes('lost'))).toEqual([noteOf(2, 1), noteOf(1, 2)])
  expect(written('disturbed')).toEqual(written('undisturbed'))
})

it(
  'a run that may start no engine again ends with the loss, and its weights are those of the checkpoint',
  { timeout: PATIENCE },
  async () => {
    const flags = { 'engine-restarts': '0', 'checkpoint-every': '1' }
    const { result, notes } = await trainIn('mortal', flags, (step, { engine }) => {
      if (step === 1) engine.start(leaving, null).catch(() => undefined)
    })
    expect(result.summary).toMatchObject({ status: 'failed', steps: 1 })
    expect(result.failure?.error).toMatchObject({
      _tag: 'EngineLost',
      message: "the engine's worker ended, exit code 7",
    })
    expect(notes.filter((note) => /lost|written|saved/.test(note))).toEqual([])
    const { learner } = await orThrow(readCheckpoint(await orThrow(checkCheckpoint(at('mortal'), 1))))
    const { weights } = await orThrow(readModel(at('mortal', 'checkpoint.safetensors')))
    const trained = new Map<string, HostTensor>()
    for await (const [name, tensor] of weights) trained.set(name, tensor)
    expect(trained).toEqual(learner.parameters)
  },
)

it('a stage that does not answer ends the run with its name, and the command ends', { timeout: PATIENCE }, async () => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    shouldAdvanceTime: true,
  })
  onTestFinished(() => void vi.useRealTimers())
  const run = { isHanging: false, isOver: false }
  const notes: string[] = []
  const hang = (step: number, { engine }: TrainingResources) => {
    if (step !== 1) return
    engine.start(hanging, null).catch(() => undefined)
    run.isHanging = true
  }
  const training = trainIn('hung', { 'stage-timeout': '5' }, hang, notes).finally(() => {
    run.isOver = true
  })
  // A call that hangs is never answered, so that the time of its limit may pass at once. The end of a thread takes time again.
  const isEnding = () => notes.at(-1)?.endsWith('their threads are ended') ?? false
  while (!run.isOver) {
    await new Promise(setImmediate)
    if (run.isHanging && !isEnding()) await vi.advanceTimersByTimeAsync(100)
  }
  const { result } = await training
  expect(result.summary).toMatchObject({ status: 'failed' })
  expect(result.failure?.error).toMatchObject({
    _tag: 'StageTimedOut',
    message: expect.stringMatching(
      /^(policy|learner)\.\w+, step \d: found no answer for 5 s, .*--stage-timeout/,
    ) as string,
  })
  expect(notes.filter((note) => note.includes(' not saved: '))).toEqual([
    expect.stringMatching(/^the steps after step 0 are not saved: .* found no answer for 5 s/),
  ])
  expect(notes.filter((note) => note.startsWith('no file of the trained model is written: '))).toHaveLength(1)
  expect(notes.at(-1)).toBe('the engines do not close within the stage timeout of 5 s: their threads are ended')
})
