/** Parts of the checks of bench/remote on a Tinker service: the service, a batch of completions, and distances of weights. */
import * as E from 'fp-ts/lib/Either.js'
import { from, lastValueFrom, take, toArray } from 'rxjs'
import { batchOf } from '../../lib/batch/batch-of.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import type { Adapters } from '../../lib/model/lora/adapters.js'
import { checkpointPath, readModel } from '../../lib/model/model-file.js'
import { constantRate } from '../../lib/optimizer/learning-rate.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Policy } from '../../lib/policy/policy.js'
import type { Server } from '../../lib/remote/http/server.js'
import { tinkerService, type TinkerService, type TinkerServiceOptions } from '../../lib/remote/tinker/service.js'
import type { Batch } from '../../lib/rollout/batch.js'
import { countdown } from '../../lib/task/countdown/index.js'

export const task = countdown()
export const [RANK, SEED] = [8, 7]
export const adamw = { weightDecay: 0.01 }
export const learningRate = constantRate(1e-3)

const sampling = { group: 8, temperature: 1, topK: 0, topP: 1, maxTokens: task.maxTokens, seed: SEED }

/** Opens a model on a service, and prints what was measured. */
export const openTrial = async (
  server: Server,
  engine: Engine,
  baseModel: string,
  given: Partial<TinkerServiceOptions> = {},
): Promise<TinkerService> => {
  const begin = performance.now()
  const { config: network } = await orThrow(readModel(checkpointPath('countdown')))
  const service = await orThrow(
    tinkerService({
      server,
      baseModel,
      engine,
      tokenizer: task.tokenizer,
      network,
      learningRate,
      adamw,
      rank: RANK,
      seed: SEED,
      ...given,
      // A service on JAX joins requests that wait, and compiles for each number of sequences.
      prompts: 1,
    }),
  )
  const { tokens, data } = service.averaging
  console.log(`opened in ${seconds(begin)} s; measured: tokens ${tokens}, data ${data}\n`)
  return service
}

/** Samples 64 completions, with advantages of both signs. */
export const sampleBatch = async (policy: Pick<Policy, 'sample'>): Promise<Batch> => {
  const prompts = await lastValueFrom(from(task.prompts('train', SEED)).pipe(take(8), toArray()))
  const groups = await lastValueFrom(from(policy.sample({ step: 0, prompts }, sampling)).pipe(toArray()))
  return batchOf(
    groups
      .toSorted((a, b) => a.index - b.index)
      .map((group) => {
        const advantages_G = group.completions.map((_, g) => (g % 2 === 0 ? 1 : -0.5))
        return {
          ...group,
          advantages_G,
          rewards_G: advantages_G.map((value) => E.right({ value, correct: value > 0 })),
        }
      }),
  )
}

export type Tensors = Adapters['parameters']

/** Euclidean distance of two sets of weights. */
export const distanceOf = (a: Tensors, b: Tensors): number =>
  Math.hypot(...[...a].map(([name, { data }]) => Math.hypot(...data.map((x, i) => x - b.get(name)!.data[i]!))))

/** Largest difference of a weight. */
export const largestOf = (a: Tensors, b: Tensors): number =>
  Math.max(
    ...[...a].map(([name, { data }]) =>
      Array.from(data, (x, i) => Math.abs(x - b.get(name)!.data[i]!)).reduce((most, x) => Math.max(most, x), 0),
    ),
  )

/** Seconds since a time, with one decimal. */
export const seconds = (begin: number): number => Math.round((performance.now() - begin) / 100) / 10
