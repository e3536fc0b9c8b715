import { afterAll, describe, expect, it } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { orThrow } from '#lib/or-throw.js'
import type { TinkerService } from '#lib/remote/tinker/service.js'
import { compilingOnce } from '../../policy/local/compiling-once.js'
import { aBatchOf, accepted, all, only, promptsOf, sampling, tokensOf } from '../../policy/local/tiny.js'
import type { Double, Fault } from './double.js'
import { serviceOn } from './with-service.js'

const openEngine = async () => compilingOnce(await inWorker('onnx', { threads: 1 }))
const [engine, own] = [await openEngine(), await openEngine()]
afterAll(() => Promise.all([engine.close(), own.close()]))
const withService = serviceOn(engine, own)

const batch = aBatchOf([5, 1, 9, 3, 12, 2, 7])
const objective = ppoClip({ minibatches: 3 })

/** Samples, scores, trains twice and saves. */
const work = async ({ policy, learner }: TinkerService, double: Double) => {
  const groups = tokensOf(await all(policy.sample(promptsOf(['1+', '23+45', '6', '7890+12']), sampling)))
  const reports = []
  for (let i = 0; i < 2; i++)
    reports.push(await only(learner.update(accepted(batch, await only(policy.score(batch))), objective)))
  const { version, optimizerSteps } = await orThrow(learner.snapshot())
  const steps = double.processed.filter(({ route }) => route === 'optim_step').length
  return { groups, reports, version, optimizerSteps, steps, parameters: parametersOf(await double.state()) }
}
const parametersOf = ({ parameters }: TrainingState) => [...parameters].map(([name, { data }]) => [name, [...data]])

const clean = await withService(work)

/** Routes after the start. */
const routes = ['forward', 'forward_backward', 'optim_step', 'save_weights', 'save_weights_for_sampler', 'asample']

describe('a service behind a bad network', () => {
  const everywhere: readonly Fault[] = [
    'busy',
    'failed',
    'cut',
    'failed-after',
    'cut-after',
    'garbage-after',
    'half-after',
    'twice',
  ]

  it.each(everywhere)('loses nothing and makes no step twice if it knows sequence numbers: %s', async (kind) => {
    let faults = 0
    const found = await withService(work, {
      hasSequenceNumbers: true,
      fault: (route, n) => {
        // The first two requests for log-probs find out whether the service knows sequence numbers.
        const isHit = route === 'forward' ? n > 1 && n % 2 === 0 : n % 2 === 1
        if (!routes.includes(route) || !isHit) return undefined
        faults++
        return kind
      },
    })
    expect(faults).toBeGreaterThan(6)
    expect(found).toEqual(clean)
  })

  it('asks again for results that are pending, and after every fault of the answer', async () => {
    const kinds: readonly Fault[] = ['pending', 'pending', 'cut', 'failed-after', 'garbage-after', 'half-after', 'busy']
    const found = await withService(work, {
      fault: (route, n) =>
        route === 'retrieve_future' && n > 4 && n % 2 === 0 ? kinds[(n / 2) % kinds.length] : undefined,
    })
    expect(found).toEqual(clean)
  })

  it('sends a step again that a service without sequence numbers did not process', async () => {
    const found = await withService(work, {
      fault: (route, n) => (route === 'optim_step' && n === 1 ? 'busy' : undefined),
    })
    expect(found).toEqual(clean)
  })

  it.each<[string, Fault]>([
    ['forward_backward', 'cut-after'],
    ['optim_step', 'cut-after'],
    ['optim_step', 'half-after'],
    ['optim_step', 'failed'],
  ])('ends the run if it may have made a step and cannot tell: %s, %s', async (route, kind) => {
    await withService(
      async ({ policy, learner }, double) => {
        const scored = accepted(batch, await only(policy.score(batch)))
        await expect(all(learner.update(scored, objective))).rejects.toMatchObject({
          _tag: 'ServerError',
          message: expect.stringContaining(route) as string,
        })
        const sent = double.processed.filter((each) => each.route === route).length
        expect(sent).toBe(kind === 'failed' ? 0 : 1)
        expect(policy.version).toBe(0)
        // The weights on the service are those of no version, so nothing goes on from them.
        const broken = { _tag: 'ServerError', problem: 'unfit' }
        await expect(all(learner.update(scored, objective))).rejects.toMatchObject(broken)
        expect(await learner.snapshot()()).toMatchObject({
          _tag: 'Left',
          left: { _tag: 'CheckpointError', cause: broken },
        })
      },
      { fault: (of) => (of === route ? kind : undefined) },
    )
  })
})
