import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { asapScheduler, from, lastValueFrom, type Observable, observeOn, take, tap } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { everything } from '#lib/entropy/filter/everything.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import type { Learner } from '#lib/policy/learner.js'
import type { Policy } from '#lib/policy/policy.js'
import type { Prompt } from '#lib/rollout/prompt.js'
import { advantage } from '#operators/advantage.js'
import { toBatches } from '#operators/to-batches.js'
import { createDemand } from '#lib/control/demand.js'
import { entropyControl } from '#lib/control/entropy-control.js'
import { gpuSink } from '#operators/gpu-sink.js'
import { monitorEntropy } from '#operators/monitor-entropy.js'
import { prompts } from '#operators/prompts.js'
import { rejectionFilter } from '#operators/rejection-filter.js'
import { reward } from '#operators/reward.js'
import { rollout } from '#operators/rollout.js'
import { aCompletion, anUpdate, aPrompt, fakeLearner, fixedVerifier, someScores } from '#testing.js'

const sampling = { group: 1, temperature: 1, topK: 0, topP: 1, maxTokens: 1, seed: 0 }
const completions = [aCompletion(1)]

/** Returns true when a port answers its n-th call synchronously; otherwise it answers on another call stack. */
type IsSynchronous = (n: number) => boolean

const answering = (isSynchronous: IsSynchronous) => {
  let calls = 0
  return <A>(...answers: readonly A[]): Observable<A> =>
    isSynchronous(calls++) ? from(answers) : from(answers).pipe(observeOn(asapScheduler))
}

/** Training pipeline whose ports do no work and keep no data. */
const nullPipeline = (
  source: Iterable<Prompt> | AsyncIterable<Prompt>,
  inFlight: number,
  size: number,
  isSynchronous: IsSynchronous,
) => {
  const [sample, score, update] = [answering(isSynchronous), answering(isSynchronous), answering(isSynchronous)]
  const policy: Policy = {
    version: 0,
    sample: ({ step, prompts }) =>
      sample(...prompts.map((prompt, index) => ({ step, groups: prompts.length, index, prompt, completions }))),
    score: (batch) => score(someScores(batch)),
  }
  const learner: Learner = { ...fakeLearner(), update: () => update(anUpdate()) }
  const demand = createDemand({ prompts: size, inFlight })
  const control = entropyControl(() => ({ low: 0, high: 1 }))
  const seen = { now: 0, max: 0 }
  const reports$ = prompts(source, demand).pipe(
    tap(() => (seen.max = Math.max(seen.max, ++seen.now))),
    rollout(policy, sampling),
    reward(fixedVerifier(1)),
    advantage(grpo()),
    toBatches(demand),
    monitorEntropy(policy, control),
    rejectionFilter(control.state$, everything()),
    gpuSink(learner, ppoClip(), demand),
    tap(() => seen.now--),
  )
  return { reports$, seen }
}

const supply = function* (count: number, counted = { pulled: 0 }) {
  const prompt = aPrompt()
  for (; counted.pulled < count; counted.pulled++) yield prompt
}

const asyncSupply = async function* (count: number) {
  for (const prompt of supply(count)) yield await Promise.resolve(prompt)
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const heapUsed = () => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('a long run', () => {
  it.each<
    readonly [string, { prompts: number; size: number; inFlight: number; max: number; isSynchronous: IsSynchronous }]
  >([
    [
      '32 at a time, answered synchronously',
      { prompts: 40_000, size: 32, inFlight: 2, max: 1, isSynchronous: () => true },
    ],
    [
      '32 at a time, answered asynchronously',
      { prompts: 20_000, size: 32, inFlight: 3, max: 3, isSynchronous: () => false },
    ],
    ['one by one, answered synchronously', { prompts: 5000, size: 1, inFlight: 1, max: 1, isSynchronous: () => true }],
    [
      'answered asynchronously only the first time',
      { prompts: 5000, size: 1, inFlight: 2, max: 2, isSynchronous: (n) => n > 0 },
    ],
    [
      'answered asynchronously now and then',
      { prompts: 5000, size: 1, inFlight: 3, max: 3, isSynchronous: (n) => n % 7 !== 3 },
    ],
  ])('%s: completes, within its credits and in constant memory', async (_, run) => {
    const { reports$, seen } = nullPipeline(supply(run.prompts), run.inFlight, run.size, run.isSynchronous)
    const steps = Math.ceil(run.prompts / run.size)
    const heap: number[] = []
    const watched = [0.1, 0.5, 0.99].map((share) => Math.floor(share * steps))
    const last = await lastValueFrom(reports$.pipe(tap(({ step }) => watched.includes(step) && heap.push(heapUsed()))))
    expect(last.step).toBe(steps - 1)
    expect(seen).toEqual({ now: 0, max: run.max })
    expect(Math.max(...heap) - heap[0]!).toBeLessThan(2 ** 20)
  })

  it('completes from an async source', async () => {
    const { reports$, seen } = nullPipeline(asyncSupply(20_000), 2, 32, () => false)
    expect((await lastValueFrom(reports$)).step).toBe(624)
    expect(seen.now).toBe(0)
    expect(seen.max).toBeLessThanOrEqual(2)
  })
})

describe('an endless supply', () => {
  it('stops when the output is complete, with no prompt read ahead', async () => {
    const counted = { pulled: 0 }
    const { reports$ } = nullPipeline(supply(Infinity, counted), 2, 4, () => true)
    expect((await lastValueFrom(reports$.pipe(take(10)))).step).toBe(9)
    expect(counted.pulled).toBeLessThanOrEqual(4 * 11)
  })
})
