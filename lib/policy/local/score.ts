import type { DeviceTensor } from '../../compute/engine/engine.js'
import { scoreProgram } from '../../model/program/score.js'
import { describeShape } from '../../model/program/sequence.js'
import type { WeightMap } from '../../model/weights.js'
import type { Batch, Scores } from '../../rollout/batch.js'
import type { ParameterLease } from '../parameter-store.js'
import { microBatches } from './micro-batches.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { runOnReplicas } from './run-on-replicas.js'
import { collect } from './sequences.js'
import { tokenMeasures } from './token-measure.js'

/** Scores some rows of a batch in micro-batches; null when cancelled. The scores of other rows are 0. */
export const scoresOf = async (
  { config, replicas, runLimit }: ModelOnEngines,
  { version, parameters }: { readonly version: number; readonly parameters: WeightMap<DeviceTensor> },
  { responses, width }: Batch,
  rows: readonly number[],
  signal: AbortSignal,
): Promise<Scores | null> => {
  const scores = emptyScores(version, responses.length * width)
  const micros = microBatches(responses, rows, runLimit, replicas.length)
  await runOnReplicas(replicas, parameters, micros, signal, async (share, { executables }, weights, isStopped) => {
    for (const micro of share) {
      if (isStopped()) return
      const { shape, feed } = micro
      const executable = await executables.get(config, `score ${describeShape(shape)}`, () =>
        scoreProgram(config, shape),
      )
      const { host } = await executable.run({ ...weights, ...feed }, tokenMeasures)
      for (const name of tokenMeasures) collect(micro, responses, host[name]!.data, scores[fields[name]], width)
    }
  })
  return signal.aborted ? null : scores
}

/** Field of the scores that holds each measure of a token. */
const fields = {
  logprob: 'logprobs_BT',
  entropy: 'entropy_BT',
  s: 's_BT',
  expectedS: 'expectedS_BT',
  squares: 'squares_BT',
} as const satisfies Record<(typeof tokenMeasures)[number], keyof Scores>

const emptyScores = (version: number, size: number): Scores => ({
  version,
  logprobs_BT: new Float32Array(size),
  entropy_BT: new Float32Array(size),
  s_BT: new Float32Array(size),
  expectedS_BT: new Float32Array(size),
  squares_BT: new Float32Array(size),
})

/**
 * Scores every completion token of the batch by the leased parameters and yields once; yields nothing when cancelled.
 * Completions that the same version sampled are not read again, because sampling recorded their measures.
 */
export async function* score(
  model: ModelOnEngines,
  lease: ParameterLease,
  batch: Batch,
  signal: AbortSignal,
): AsyncGenerator<Scores> {
  const { responses, width } = batch
  const recorded = responses.map(({ prompt, completion }) => {
    const record = model.samplingRecords.get(completion)
    return completion.version === lease.version && record?.prompt === prompt ? record.measures_MT : undefined
  })
  const unread = [...responses.keys()].filter((row) => recorded[row] === undefined)
  const scores = await scoresOf(model, lease, batch, unread, signal)
  if (scores === null) return
  recorded.forEach((measures_MT, row) => {
    if (measures_MT === undefined) return
    const length = measures_MT.length / tokenMeasures.length
    tokenMeasures.forEach((name, m) =>
      scores[fields[name]].set(measures_MT.subarray(m * length, (m + 1) * length), row * width),
    )
  })
  yield scores
}
