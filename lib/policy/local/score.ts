import type { DeviceTensor } from '../../compute/engine/engine.js'
import type { Parameters } from '../../model/parameters.js'
import { scoreProgram } from '../../model/program/score.js'
import { describe } from '../../model/program/sequence.js'
import type { Batch, Scores } from '../../rollout/batch.js'
import type { ParameterLease } from '../parameter-store.js'
import type { Model } from './model.js'
import { dealt } from './replica.js'
import { collect, microBatches } from './sequences.js'
import { measures } from './token-measure.js'

/** What some weights say of responses of a batch, in micro-batches; null when cancelled. Other rows are left zero. */
export const scoresOf = async (
  { config, replicas, runLimit }: Model,
  { version, parameters }: { readonly version: number; readonly parameters: Parameters<DeviceTensor> },
  { responses, width }: Batch,
  members: readonly number[],
  signal: AbortSignal,
): Promise<Scores | null> => {
  const scores = emptyScores(version, responses.length * width)
  const micros = microBatches(responses, members, runLimit, replicas.length)
  await dealt(replicas, parameters, micros, signal, async (share, { executables }, weights, stopped) => {
    for (const micro of share) {
      if (stopped()) return
      const { shape, feed } = micro
      const run = await executables.get(config, `score ${describe(shape)}`, () => scoreProgram(config, shape))
      const { host } = await run.run({ ...weights, ...feed }, measures)
      for (const name of measures) collect(micro, responses, host[name]!.data, scores[columns[name]], width)
    }
  })
  return signal.aborted ? null : scores
}

/** Where the scores of a batch hold what is measured of a token. */
const columns = {
  logprob: 'logprobs_BT',
  entropy: 'entropy_BT',
  s: 's_BT',
  expectedS: 'expectedS_BT',
  squares: 'squares_BT',
} as const satisfies Record<(typeof measures)[number], keyof Scores>

const emptyScores = (version: number, size: number): Scores => ({
  version,
  logprobs_BT: new Float32Array(size),
  entropy_BT: new Float32Array(size),
  s_BT: new Float32Array(size),
  expectedS_BT: new Float32Array(size),
  squares_BT: new Float32Array(size),
})

/**
 * What the weights of a lease say of every completion token of the batch: from one pass over the completions, but for
 * those that these very weights have drawn, and said it of then.
 */
export async function* score(
  model: Model,
  lease: ParameterLease,
  batch: Batch,
  signal: AbortSignal,
): AsyncGenerator<Scores> {
  const { responses, width } = batch
  const said = responses.map(({ prompt, completion }) => {
    const drawn = model.drawn.get(completion)
    return completion.version === lease.version && drawn?.prompt === prompt ? drawn.measured : undefined
  })
  const unread = [...responses.keys()].filter((member) => said[member] === undefined)
  const scores = await scoresOf(model, lease, batch, unread, signal)
  if (scores === null) return
  said.forEach((measured, member) => {
    if (measured === undefined) return
    const length = measured.length / measures.length
    measures.forEach((name, m) =>
      scores[columns[name]].set(measured.subarray(m * length, (m + 1) * length), member * width),
    )
  })
  yield scores
}
