import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { concat, defer, EMPTY, from, ignoreElements, of, Subject, takeUntil, tap, throwError, timer } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { emptyView, type RunView } from '#cli/display/view.js'
import { followRun } from '#cli/training/follow-run.js'
import { countdown } from '#rewards.js'
import { rightOrThrow } from '#lib/or-throw.js'
import { openEventFile } from '#lib/tensorboard/event-file.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { StepRolloutsCodec } from '#lib/run/step-rollouts.js'
import { StepSecondsCodec } from '#lib/timing/step-seconds.js'
import { timedStep } from '../../lib/run/reports.js'
import { eventsIn } from '../../lib/tensorboard/event-reader.js'
import { temporaryFolder } from '../../lib/run/temporary.js'

const start = emptyView('a run', 4)
const silent = () => undefined
const { tokenizer } = countdown()
const stepsIn = async (folder: string) => {
  const metrics = await readJsonLines(join(folder, 'metrics.jsonl'), StepMetricsCodec)()
  return E.isRight(metrics) ? metrics.right.map(({ step }) => step) : metrics
}

describe('followRun', () => {
  it('logs every step and shows it', async () => {
    const folder = await temporaryFolder()
    const shown: number[] = []
    const show = ({ history }: RunView) => shown.push(history.steps)
    const { view, failure } = await followRun(
      from([0, 1, 2].map((step) => timedStep(step, 0.5))),
      folder,
      start,
      show,
      { tokenizer },
    )
    expect(failure).toBeNull()
    expect(view.history.steps).toBe(3)
    expect(shown).toEqual([1, 2, 3])
    expect(await stepsIn(folder)).toEqual([0, 1, 2])
    expect(await readJsonLines(join(folder, 'timings.jsonl'), StepSecondsCodec)()).toMatchObject(
      E.right([{ step: 0 }, { step: 1 }, { step: 2 }]),
    )
  })

  it('logs some rollouts of every step, token by token', async () => {
    const folder = await temporaryFolder()
    await followRun(from([0, 1].map((step) => timedStep(step, 0.5))), folder, start, silent, { tokenizer })
    const rollout = {
      prompt: '3 4 5 = 17',
      tokens: [3, 4].map((id) => tokenizer.decode([id])),
      entropy: [0.5, 0.25],
      advantage: 1,
      accepted: true,
    }
    expect(await readJsonLines(join(folder, 'rollouts.jsonl'), StepRolloutsCodec)()).toMatchObject(
      E.right([0, 1].map((step) => ({ step, scoreMethod: 'exact', rollouts: [rollout] }))),
    )
  })

  it('runs the work after a step when the step is shown, one step after the other', async () => {
    const done: string[] = []
    const show = ({ history }: RunView) => done.push(`shown ${history.steps}`)
    const afterStep = (step: number) =>
      defer(() => {
        done.push(`after ${step}`)
        return timer(1).pipe(
          tap(() => done.push(`end ${step}`)),
          ignoreElements(),
        )
      })
    const steps$ = from([0, 1].map((step) => timedStep(step, 0.5)))
    const { view } = await followRun(steps$, await temporaryFolder(), start, show, { tokenizer, afterStep })
    expect(done).toEqual(['shown 1', 'after 1', 'shown 2', 'end 1', 'after 2', 'end 2'])
    expect(view.history.steps).toBe(2)
  })

  it('logs a step before it is shown', async () => {
    const folder = await temporaryFolder()
    const logs: Promise<string>[] = []
    const show = () => logs.push(readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    await followRun(of(timedStep(0, 0.5)), folder, start, show, { tokenizer })
    expect(await Promise.all(logs)).toEqual([expect.stringContaining('"step":0')])
  })

  it('writes a step to the event file before it is shown', async () => {
    const folder = await temporaryFolder()
    const files: Promise<readonly Buffer[]>[] = []
    const eventFiles = async () => (await readdir(folder)).filter((file) => file.startsWith('events.out.tfevents.'))
    const show = () =>
      files.push(eventFiles().then((names) => Promise.all(names.map((name) => readFile(join(folder, name))))))
    const events = rightOrThrow(openEventFile(folder, () => 1)())
    await followRun(of(timedStep(0, 0.5)), folder, start, show, { tokenizer, events })
    events.close()
    const [[file = Buffer.alloc(0)] = []] = await Promise.all(files)
    expect(eventsIn(file)).toMatchObject([
      { fileVersion: 'brain.Event:2' },
      { step: 1, scalars: expect.arrayContaining([{ tag: 'entropy', value: 0.5 }]) as unknown },
    ])
  })

  it('writes the same bytes for the same steps, however long they took', async () => {
    const [once, again] = [await temporaryFolder(), await temporaryFolder()]
    const slow = { ...timedStep(0, 0.5), seconds: { ...timedStep(0, 0.5).seconds, total: 99 } }
    await followRun(of(timedStep(0, 0.5)), once, start, silent, { tokenizer })
    await followRun(of(slow), again, start, silent, { tokenizer })
    expect(await readFile(join(once, 'metrics.jsonl'))).toEqual(await readFile(join(again, 'metrics.jsonl')))
  })

  it('keeps the steps before one that fails', async () => {
    const folder = await temporaryFolder()
    const error = new Error('engine lost')
    const failing$ = concat(
      of(timedStep(0, 0.5)),
      throwError(() => error),
    )
    const { view, failure } = await followRun(failing$, folder, start, silent, { tokenizer })
    expect(failure).toEqual({ error })
    expect(view.history.steps).toBe(1)
    expect(await stepsIn(folder)).toEqual([0])
  })

  it('keeps the steps before it is stopped', async () => {
    const folder = await temporaryFolder()
    const steps$ = new Subject<ReturnType<typeof timedStep>>()
    const stop$ = new Subject<void>()
    const followed = followRun(steps$.pipe(takeUntil(stop$)), folder, start, silent, { tokenizer })
    steps$.next(timedStep(0, 0.5))
    stop$.next()
    expect((await followed).view.history.steps).toBe(1)
    expect(steps$.observed).toBe(false)
  })

  it('returns the start view and creates both logs if there is no step', async () => {
    const folder = await temporaryFolder()
    expect(await followRun(EMPTY, folder, start, silent, { tokenizer })).toEqual({ view: start, failure: null })
    expect(await stepsIn(folder)).toEqual([])
  })

  it('fails if the folder does not exist', async () => {
    expect((await followRun(EMPTY, '/nowhere', start, silent, { tokenizer })).failure).not.toBeNull()
  })
})
