import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { concat, defer, EMPTY, from, ignoreElements, NEVER, of, Subject, takeUntil, tap, throwError, timer } from 'rxjs'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { emptyView, type RunView } from '#cli/display/view.js'
import { followRun } from '#cli/training/follow-run.js'
import { waitForDisk } from '#cli/training/wait-for-disk.js'
import { gate } from '#lib/control/gate.js'
import { gateAndTimePorts } from '#lib/timing/gate-and-time-ports.js'
import { algorithms } from '#pipelines/algorithms/index.js'
import { countdown } from '#rewards.js'
import { aPrompt, fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'
import { rightOrThrow } from '#lib/or-throw.js'
import { openEventFile } from '#lib/tensorboard/event-file.js'
import { readJsonLines } from '#lib/run/json-lines.js'
import { StepMetricsCodec } from '#lib/run/step-metrics.js'
import { StepRolloutsCodec } from '#lib/run/step-rollouts.js'
import { StepSecondsCodec } from '#lib/timing/step-seconds.js'
import { skipped, timedStep } from '../../lib/run/reports.js'
import { eventsIn } from '../../lib/tensorboard/event-reader.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { fakeTerminal } from '../fake-terminal.js'

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
    expect(done).toEqual(['shown 1', 'after 1', 'end 1', 'shown 2', 'after 2', 'end 2'])
    expect(view.history.steps).toBe(2)
  })

  it('logs and records no step while the work after the step before goes on', async () => {
    const folder = await temporaryFolder()
    const steps$ = new Subject<ReturnType<typeof timedStep>>()
    const saving$ = new Subject<never>()
    const recorded: number[] = []
    const followed = followRun(steps$, folder, start, silent, {
      tokenizer,
      record: ({ step }) => recorded.push(step),
      afterStep: (done) => (done === 1 ? saving$ : EMPTY),
    })
    steps$.next(timedStep(0, 0.5))
    // A batch without an accepted response needs no update, so it does not wait for one.
    steps$.next(timedStep(1, 0.5, skipped(1)))
    expect([await stepsIn(folder), recorded]).toEqual([[0], [0]])
    saving$.complete()
    expect([await stepsIn(folder), recorded]).toEqual([
      [0, 1],
      [0, 1],
    ])
    steps$.complete()
    expect((await followed).view.history.steps).toBe(2)
  })

  it('holds the run from the report of a step to the end of the work after the last step that waits', async () => {
    const steps$ = new Subject<ReturnType<typeof timedStep>>()
    const [first, second, third] = [new Subject<never>(), new Subject<never>(), new Subject<never>()]
    let holds = 0
    const hold = () => {
      holds++
      return () => {
        holds--
      }
    }
    const afterStep = (done: number) => [first, second, third][done - 1]!
    const followed = followRun(steps$, await temporaryFolder(), start, silent, { tokenizer, afterStep, hold })
    expect(holds).toBe(0)
    steps$.next(timedStep(0, 0.5))
    steps$.next(timedStep(1, 0.5, skipped(1)))
    expect(holds).toBe(1)
    first.complete()
    expect(holds).toBe(1)
    second.complete()
    expect(holds).toBe(0)
    steps$.next(timedStep(2, 0.5))
    expect(holds).toBe(1)
    const error = new Error('engine lost')
    steps$.error(error)
    expect(holds).toBe(1)
    third.complete()
    expect((await followed).failure).toEqual({ error })
    expect(holds).toBe(0)
  })

  it('makes no rollout and no update before a step is logged, however often the disk refuses its lines', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const folder = await temporaryFolder()
    const metrics = join(folder, 'metrics.jsonl')
    const events: string[] = []
    const pause = gate(() => 0)
    const { policy, learner, timeSteps } = gateAndTimePorts(
      {
        policy: marblePolicy({
          sample: (groups, { step }) => {
            events.push(`sample ${step}`)
            return Object.values(groups)
          },
        }),
        learner: fakeLearner({
          update: (report, { step }) => {
            events.push(`update ${step}`)
            return of(report)
          },
        }),
      },
      pause,
      () => null,
    )
    const steps$ = algorithms.grpo
      .create(
        {
          policy,
          learner,
          verifier: fixedVerifier(({ tokens }) => (tokens.length === 1 ? 1 : -1)),
          rewardScale: 'signed',
          prompts: ['p', 'q', 'r'].map((id) => aPrompt(id)),
        },
        {
          band: () => ({ low: 0.4, high: 0.6 }),
          sampling: { group: 2, maxTokens: 2, seed: 1 },
          demand: { prompts: 1, inFlight: 2 },
        },
      )
      .pipe(timeSteps)
    const notes: string[] = []
    const note = (text: string) => {
      notes.push(text)
      events.push('refused')
      // The folder is back after the third attempt.
      if (notes.length === 3) writeFileSync(metrics, '')
    }
    const disk = {
      terminal: fakeTerminal({ note }),
      interruption: { stop$: NEVER, isRequested: () => false },
      spare: { giveUp: () => 0 },
    }
    const end = { isReached: false }
    // The logs are open when the file vanishes.
    const vanishing$ = defer(() => {
      rmSync(metrics)
      return steps$
    })
    const followed = followRun(vanishing$, folder, start, silent, {
      tokenizer,
      retry: waitForDisk(disk),
      record: ({ step }) => events.push(`logged ${step}`),
      hold: () => pause.hold({ updates: true }),
    }).finally(() => {
      end.isReached = true
    })
    while (!end.isReached) await vi.advanceTimersByTimeAsync(1000)
    expect((await followed).failure).toBeNull()
    expect(notes.map((text) => text.split('; ')[1])).toEqual(
      [1, 2, 4].map((seconds) => `training waits, and tries again in ${seconds} s`),
    )
    expect(events.slice(events.indexOf('update 0'), events.indexOf('logged 0') + 1)).toEqual([
      ...['update 0', 'refused', 'refused', 'refused', 'logged 0'],
    ])
    expect(events.filter((event) => event.startsWith('logged'))).toEqual(['logged 0', 'logged 1', 'logged 2'])
    expect(await stepsIn(folder)).toEqual([0, 1, 2])
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

  it('waits for a disk that does not take the logs when they are opened', async () => {
    const folder = join(await temporaryFolder(), 'run')
    const attempts: number[] = []
    const { view, failure } = await followRun(of(timedStep(0, 0.5)), folder, start, silent, {
      tokenizer,
      retry: (_error, attempt) => {
        attempts.push(attempt)
        if (attempt === 2) mkdirSync(folder)
        return of(null)
      },
    })
    expect([attempts, failure, view.history.steps]).toEqual([[1, 2], null, 1])
    expect(await stepsIn(folder)).toEqual([0])
  })

  it('fails if the folder does not exist', async () => {
    expect((await followRun(EMPTY, '/nowhere', start, silent, { tokenizer })).failure).not.toBeNull()
  })
})
