/**
 * Cost of the stages alone: reward, advantage, monitor and filter with a policy and a learner that do nothing.
 *
 *     npm run bench -- overhead
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { lastValueFrom, Observable, of } from 'rxjs'
import { grpo } from '../lib/advantage/grpo.js'
import { CheckpointError } from '../lib/checkpoint/checkpoint-error.js'
import { createDemand } from '../lib/control/demand.js'
import { entropyControl } from '../lib/control/entropy-control.js'
import { predicted } from '../lib/entropy/filter/predicted.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import type { Learner } from '../lib/policy/learner.js'
import type { Policy } from '../lib/policy/policy.js'
import type { Scores } from '../lib/rollout/batch.js'
import type { RolloutGroup } from '../lib/rollout/rollout-group.js'
import { advantage } from '../operators/advantage.js'
import { toBatches } from '../operators/to-batches.js'
import { gpuSink } from '../operators/gpu-sink.js'
import { monitorEntropy } from '../operators/monitor-entropy.js'
import { rejectionFilter } from '../operators/rejection-filter.js'
import { reward } from '../operators/reward.js'
import type { Bench } from './bench.js'
import { collectGarbage } from './collect-garbage.js'

const PROMPTS = 32
const GROUP = 8
const TOKENS = 16
const WARMUP = 200
const BATCHES = 2000

export const overheadBench: Bench = async function* () {
  const milliseconds: number[] = []
  const heaps: number[] = []
  let start = 0
  const demand = createDemand({ prompts: PROMPTS, inFlight: 1, firstStep: 0 })
  const groups$ = new Observable<RolloutGroup>((subscriber) => {
    const send = (number: number) => {
      const groups = createGroups(number)
      start = performance.now()
      for (const group of groups) subscriber.next(group)
    }
    const credits = demand.credits$.subscribe((done) => {
      if (done >= WARMUP) milliseconds.push(performance.now() - start)
      // Measuring the heap collects garbage, which slows the next batches; so it is measured before and after the others.
      if (done === WARMUP / 2 || done === WARMUP + BATCHES - 1) heaps.push(measureHeap())
      // The next batch begins in its own turn of the event loop, as with a real sampler, so that the stack does not grow.
      if (done + 1 < WARMUP + BATCHES) setImmediate(() => send(done + 1))
      else subscriber.complete()
    })
    send(0)
    return credits
  })
  const control = entropyControl(() => ({ low: 0.4, high: 0.6 }))
  await lastValueFrom(
    groups$.pipe(
      reward(({ id }, { text }) => of({ value: text.length > id.length ? 1 : -1, correct: false })),
      advantage(grpo()),
      toBatches(demand),
      monitorEntropy(nullPolicy, control),
      rejectionFilter(control.state$, predicted()),
      gpuSink(nullLearner, ppoClip(), demand),
    ),
  )
  const sorted = milliseconds.sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!
  const rollouts = PROMPTS * GROUP
  yield {
    title: `Stages alone: ${BATCHES} batches of ${PROMPTS} prompts x ${GROUP} completions of ${TOKENS} tokens`,
    heading: ['rollouts/s', 'median ms a batch', 'p99 ms a batch', 'heap MB at first', 'heap MB at last'],
    rows: [[Math.round((1000 * rollouts) / at(0.5)), at(0.5), at(0.99), heaps[0]!, heaps[1]!]],
  }
}

const measureHeap = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed / 2 ** 20
}

const createCompletion = (g: number) => ({
  tokens: new Int32Array(TOKENS).fill(g),
  logprobs_T: new Float32Array(TOKENS).fill(-1),
  text: 'x'.repeat(g),
  finish: 'stop' as const,
  version: 0,
})

const createGroups = (number: number): readonly RolloutGroup[] =>
  Array.from({ length: PROMPTS }, (_, index) => ({
    step: number,
    groups: PROMPTS,
    index,
    prompt: { id: 'abcd', text: '', tokens: [1], reference: '' },
    completions: Array.from({ length: GROUP }, (_, g) => createCompletion(g)),
  }))

/** Scores of the policy, made once, so that their cost is not measured. */
const scores: Scores = (() => {
  const matrix = (value: number) => new Float32Array(PROMPTS * GROUP * TOKENS).fill(value)
  return {
    version: 0,
    logprobs_BT: matrix(-1),
    entropy_BT: matrix(0.7),
    s_BT: matrix(0.2),
    expectedS_BT: matrix(0.1),
    squares_BT: matrix(0.3),
  }
})()

const nullPolicy: Pick<Policy, 'score' | 'version' | 'sample'> = {
  version: 0,
  sample: () => [],
  score: () => of(scores),
}

const nullLearner: Learner = {
  update: () => of({ status: 'skipped', version: 0, reason: 'nothing-accepted' }),
  snapshot: () => TE.left(new CheckpointError('snapshot', 'a learner that does nothing', 'a learner with weights')),
}
