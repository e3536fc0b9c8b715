import { firstValueFrom, from } from 'rxjs'
import { explain } from '../../cli/exit.js'
import type { Engine } from '../../lib/compute/engine/engine.js'
import { exp, minimum, mul, neg, scalar, sub } from '../../lib/compute/operation/index.js'
import { everything } from '../../lib/entropy/filter/everything.js'
import { batchUse, type Objective } from '../../lib/objective/objective.js'
import { ppoClip } from '../../lib/objective/ppo-clip.js'
import { orThrow } from '../../lib/or-throw.js'
import type { Server } from '../../lib/remote/http/server.js'
import type { Averaging } from '../../lib/remote/tinker/averaging.js'
import type { FilteredBatch } from '../../lib/rollout/batch.js'
import { anEntropyState } from '../../testing/batches.js'
import { formatTable } from '../bench.js'
import { adamw, distanceOf, openTrial, sampleBatch, seconds, type Tensors } from './trial-service.js'

/** Minibatches of an update. The first has a ratio of 1, so only the others are of the loss of the service. */
const MINIBATCHES = 4

/** Objectives whose loss is one of the service. */
const objectives: Readonly<Record<string, Objective>> = {
  ppo: ppoClip({ dualClip: null, minibatches: MINIBATCHES }),
  importance_sampling: {
    name: 'importance',
    ...batchUse({ minibatches: MINIBATCHES }),
    loss: ({ logprobs_BT, oldLogprobs_BT, advantages_BT }) => ({
      loss_BT: neg(mul(advantages_BT, exp(sub(logprobs_BT, oldLogprobs_BT)))),
    }),
  },
}

/**
 * Trains the same batch twice from the same adapters, by the loss of the service and by weights of tokens, and compares the adapters
 * after the update.
 */
export const compareNativeLosses = async (server: Server, engine: Engine, baseModel: string): Promise<void> => {
  const { batch, averaging } = await prepare(server, engine, baseModel)
  const rows: (readonly (string | number)[])[] = []
  for (const [name, objective] of Object.entries(objectives)) {
    const [native, general] = [
      await trainOnce(server, engine, baseModel, averaging, batch, objective),
      await trainOnce(server, engine, baseModel, averaging, batch, byWeights(objective)),
    ]
    rows.push([
      name,
      describePasses(native),
      describePasses(general),
      native.clipFraction,
      distanceOf(native.before, general.before),
      distanceOf(native.after, general.after) / distanceOf(general.after, general.before),
      Math.abs(native.loss - general.loss),
      native.seconds,
      general.seconds,
    ])
  }
  console.log(
    formatTable({
      title: `Losses of the service and weights of tokens, one update of ${MINIBATCHES} minibatches`,
      heading: [
        'objective',
        'passes',
        'passes, by weights',
        'clipped tokens',
        'distance before',
        'step: relative distance',
        'loss',
        's',
        's, by weights',
      ],
      rows,
    }),
  )
}

/** Returns the same objective with another program, which counts as no loss of the service. */
const byWeights = (objective: Objective): Objective => ({
  ...objective,
  loss: (inputs) => {
    const { loss_BT, ...others } = objective.loss(inputs)
    return { ...others, loss_BT: minimum(loss_BT, scalar(1e9)) }
  },
})

/** Samples and scores a batch, and measures the averaging of the service. */
const prepare = async (
  server: Server,
  engine: Engine,
  baseModel: string,
): Promise<{ readonly batch: FilteredBatch; readonly averaging: Averaging }> => {
  const service = await openTrial(server, engine, baseModel)
  try {
    const sampled = await sampleBatch(service.policy)
    const scores = await firstValueFrom(from(service.policy.score(sampled)))
    const batch = everything().admit(anEntropyState(0), { ...sampled, step: 0, scores })
    return { batch, averaging: service.averaging }
  } finally {
    await service.close()
  }
}

interface Trained {
  readonly before: Tensors
  readonly after: Tensors
  readonly loss: number
  readonly clipFraction: number
  /** Names of the passes of the update: the loss of each pass with a gradient, and `forward`. */
  readonly passes: readonly string[]
  readonly seconds: number
}

/** Returns each name of a pass, with its number. */
const describePasses = ({ passes }: Trained): string =>
  [...new Set(passes)].map((name) => `${passes.filter((other) => other === name).length} ${name}`).join(', ')

/** Makes one update from fresh adapters. */
const trainOnce = async (
  server: Server,
  engine: Engine,
  baseModel: string,
  averaging: Averaging,
  batch: FilteredBatch,
  objective: Objective,
): Promise<Trained> => {
  const passes: Passed[] = []
  const service = await openTrial(recording(server, passes), engine, baseModel, { averaging })
  try {
    const { parameters: before } = await orThrow(service.readParameters())
    passes.length = 0
    const begin = performance.now()
    const report = await firstValueFrom(from(service.learner.update(batch, objective)))
    if (report.status !== 'updated') throw new Error(`an update was skipped: ${report.reason}`)
    const took = seconds(begin)
    const { parameters: after } = await orThrow(service.readParameters())
    const { loss, clipFraction } = report
    // The loss is measured on another model before its first use.
    const ofModel = passes.filter(({ model }) => model === passes.at(-1)?.model).map(({ name }) => name)
    return { before, after, loss, clipFraction, passes: ofModel, seconds: took }
  } finally {
    await service.close()
  }
}

/** Pass that a model of the service was asked for. */
interface Passed {
  readonly model: string
  /** Loss of a pass with a gradient, or `forward`. */
  readonly name: string
}

/** Records the passes. */
const recording = (server: Server, passes: Passed[]): Server => ({
  ...server,
  request: (request) => {
    const { model_id, forward_backward_input, forward_input } = (request.body ?? {}) as {
      readonly model_id?: string
      readonly forward_backward_input?: { readonly loss_fn: string }
      readonly forward_input?: object
    }
    const name = forward_backward_input?.loss_fn ?? (forward_input === undefined ? null : 'forward')
    if (name !== null) passes.push({ model: model_id!, name })
    return server.request(request)
  },
})

/** Opens a model with gradient clipping, and prints whether the service has it. */
export const tryClipping = async (server: Server, engine: Engine, baseModel: string): Promise<void> => {
  const found = await openTrial(server, engine, baseModel, { adamw: { ...adamw, maxNorm: 1 } }).then(
    async (service) => {
      await service.close()
      return 'the service clips'
    },
    (error: unknown) => explain(error),
  )
  console.log(`gradient clipping to a norm of 1: ${found}\n`)
}
