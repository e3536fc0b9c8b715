import type { DeviceTensor } from '../../compute/engine/engine.js'
import { parameterFeed, type Parameters } from '../../model/parameters.js'
import { scoreProgram } from '../../model/program/score.js'
import { describe } from '../../model/program/sequence.js'
import type { Batch, Scores } from '../../rollout/batch.js'
import type { ParameterLease } from '../parameter-store.js'
import type { Model } from './model.js'
import { collect, microBatches } from './sequences.js'

/** What some weights say of responses of a batch, in micro-batches; null when cancelled. Other rows are left zero. */
export const scoresOf = async (
  { config, executables, microBatch }: Model,
  { version, parameters }: { readonly version: number; readonly parameters: Parameters<DeviceTensor> },
  { responses, width }: Batch,
  members: readonly number[],
  signal: AbortSignal,
): Promise<Scores | null> => {
  const matrix = () => new Float32Array(responses.length * width)
  const into = { logprob: matrix(), entropy: matrix(), s: matrix(), expectedS: matrix(), squares: matrix() }
  for (const micro of microBatches(responses, members, microBatch)) {
    if (signal.aborted) return null
    const { shape, feed } = micro
    const run = await executables.get(config, `score ${describe(shape)}`, () => scoreProgram(config, shape))
    const { host } = await run.run({ ...parameterFeed(parameters), ...feed }, Object.keys(into))
    for (const [name, into_BT] of Object.entries(into)) collect(micro, responses, host[name]!.data, into_BT, width)
  }
  return {
    version,
    logprobs_BT: into.logprob,
    entropy_BT: into.entropy,
    s_BT: into.s,
    expectedS_BT: into.expectedS,
    squares_BT: into.squares,
  }
}

/** One pass over every completion token of the batch, by the weights of a lease. */
export async function* score(
  model: Model,
  lease: ParameterLease,
  batch: Batch,
  signal: AbortSignal,
): AsyncGenerator<Scores> {
  const scores = await scoresOf(model, lease, batch, [...batch.responses.keys()], signal)
  if (scores !== null) yield scores
}
