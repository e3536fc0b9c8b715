import { filter, firstValueFrom, lastValueFrom, mergeMap, tap, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Feed, FeedEvent } from '#dashboard/feed.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openOnnx } from '#lib/compute/engine/onnx/open-onnx.js'
import { checkpointPath, readModel } from '#lib/model/model-file.js'
import { inMemory, type ModelCheckpoint } from '#lib/model/model-checkpoint.js'
import { rightOrThrow } from '#lib/or-throw.js'
import { PipelineError } from '../../lib/pipeline-error.js'
import { type Choices, defaults } from '../../playground/choices.js'
import { trainingFeed } from '../../playground/training-feed.js'
import { lines, states } from './feed-events.js'

/** Wraps an engine, which loses its GPU at an upload. The playground knows the errors of its own copy of the library. */
const losingAt = (upload: number, engine: Engine): Engine => {
  let [uploads, isLost] = [0, false]
  const within = <A>(call: () => Promise<A>): Promise<A> =>
    isLost ? Promise.reject(new PipelineError('EngineLost', 'the GPU was unplugged')) : call()
  return {
    name: engine.name,
    compile: (program) => within(() => engine.compile(program)),
    start: (routine, settings) => within(() => engine.start(routine, settings)),
    upload: (tensor) => {
      if (++uploads === upload) isLost = true
      return within(() => engine.upload(tensor))
    },
    read: (tensor) => within(() => engine.read(tensor)),
    memory: () => within(() => engine.memory()),
    reopen: () => {
      isLost = false
      return Promise.resolve()
    },
    close: () => engine.close(),
  }
}

describe('the run of a playground', () => {
  let engine: Engine
  let checkpoint: ModelCheckpoint
  beforeAll(async () => {
    engine = await openOnnx()
    checkpoint = await inMemory(rightOrThrow(await readModel(checkpointPath('countdown'))()))
  })
  afterAll(() => engine.close())

  const restarts: string[] = []
  const feedOf = (choices: Partial<Choices> = {}, from = checkpoint, on = engine): Feed =>
    trainingFeed({
      choices: { ...defaults, steps: 3, prompts: 2, ...choices },
      engine: on,
      engineTitle: 'an engine',
      checkpoint: from,
      clock: () => performance.now() / 1000,
      onRestart: ({ loss }) => restarts.push(loss.message),
    })
  const all = (feed: Feed): Promise<readonly FeedEvent[]> => lastValueFrom(feed.events$.pipe(toArray()))
  const nextMetrics = (feed: Feed, step: number) =>
    firstValueFrom(
      feed.events$.pipe(
        mergeMap((event) => lines([event], 'metrics')),
        filter((one) => one.step === step),
      ),
    )

  test('describes the run, evaluates, trains, evaluates again, and finishes', async () => {
    const events = await all(feedOf())
    expect(events[0]).toMatchObject({
      event: 'runs',
      runs: [
        {
          name: 'countdown-entrocraft-calibrated-1',
          planned: 3,
          steerable: true,
          band: [{ step: 0, band: defaults.from }, { step: 2 }],
        },
      ],
    })
    expect(lines(events, 'metrics').map(({ step }) => step)).toEqual([0, 1, 2])
    expect(lines(events, 'timings').map(({ step }) => step)).toEqual([0, 1, 2])
    expect(lines(events, 'evaluations').map(({ step }) => step)).toEqual([0, 3])
    expect(states(events)).toEqual(['running', 'finished'])
  })

  test('the same seed gives the same numbers, and another subscriber the same events', async () => {
    const [feed, again, other] = [feedOf({ steps: 2 }), feedOf({ steps: 2 }), feedOf({ steps: 2, seed: 2 })]
    const events = await all(feed)
    expect(await all(feed)).toEqual(events)
    expect(lines(await all(again), 'metrics')).toEqual(lines(events, 'metrics'))
    expect(lines(await all(other), 'metrics')).not.toEqual(lines(events, 'metrics'))
  })

  test('keeps the rollouts of each step', async () => {
    const feed = feedOf({ steps: 2 })
    await all(feed)
    const found = await feed.rollouts(0, 1)
    expect(found?.step).toBe(1)
    expect(found?.rollouts[0]?.prompt).toMatch(/^\d+ \d+ \d+=\d+:$/)
    expect(await feed.rollouts(0, 2)).toBeNull()
  })

  test('an override moves the band of later steps, and a release ends it', async () => {
    const feed = feedOf({ steps: 6 })
    const events = all(feed)
    await nextMetrics(feed, 0)
    const points = [{ step: 0, band: { low: 1, high: 2 } }]
    await feed.command(0, { command: 'steer', points })
    const steered = await firstValueFrom(
      feed.events$.pipe(
        mergeMap((event) => lines([event], 'metrics')),
        filter((one) => one.steered !== null),
      ),
    )
    expect(steered).toMatchObject({ low: 1, high: 2, steered: points })
    await feed.command(0, { command: 'release' })
    const released = lines(await events, 'metrics').find(({ steered }) => steered?.length === 0)
    expect(released?.low).toBeLessThan(0.6)
  })

  test('starts an engine that lost its GPU again, and goes on with the same numbers', async () => {
    const expected = lines(await all(feedOf()), 'metrics')
    // The moments of the optimiser are uploaded after the weights, in the first update.
    const events = await all(feedOf({}, checkpoint, losingAt(checkpoint.weights.size + 5, engine)))
    expect(lines(events, 'metrics')).toEqual(expected)
    expect(states(events)).toEqual(['running', 'finished'])
    expect(restarts).toEqual(['the GPU was unplugged'])
  })

  test('pauses until it is resumed', async () => {
    const feed = feedOf()
    let seen = 0
    const events = all(feed)
    feed.events$.subscribe((event) => (seen += lines([event], 'metrics').length))
    await nextMetrics(feed, 0)
    await feed.command(0, { command: 'pause' })
    // The step that runs at the pause ends during another run. During a second one no step may end.
    await all(feedOf({ seed: 2, steps: 1 }))
    const held = seen
    await all(feedOf({ seed: 3, steps: 1 }))
    expect(seen).toBe(held)
    expect(held).toBeLessThan(3)
    await feed.command(0, { command: 'resume' })
    expect(states(await events)).toEqual(['running', 'paused', 'running', 'finished'])
  })

  test('stops on command, and then refuses commands', async () => {
    const feed = feedOf({ steps: 1000 })
    const events = all(feed)
    await nextMetrics(feed, 0)
    await feed.command(0, { command: 'stop' })
    expect(states(await events)).toEqual(['running', 'stopping', 'interrupted'])
    await expect(feed.command(0, { command: 'pause' })).rejects.toThrow('this run is over')
  })

  test('emits the state failed before the error that ends it', async () => {
    const feed = feedOf({}, { ...checkpoint, weights: new Map() })
    const events: FeedEvent[] = []
    await expect(lastValueFrom(feed.events$.pipe(tap((event) => events.push(event))))).rejects.toThrow('found nothing')
    expect(states(events)).toEqual(['running', 'failed'])
  })
})
