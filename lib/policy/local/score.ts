import type { DeviceTensor } from '../../compute/engine/engine.js'
import { scoreProgram } from '../../model/program/score.js'
import { describeShape } from '../../model/program/sequence.js'
import type { WeightMap } from '../../model/weights.js'
import type { Batch } from '../../rollout/batch.js'
import type { Distribution, ExactScores } from '../../rollout/scores.js'
import type { ParameterLease } from '../parameter-store.js'
import { microBatches } from './micro-batches.js'
import type { ModelOnEngines } from './model-on-engines.js'
import { runOnReplicas } from './run-on-replicas.js'
import { collect } from './sequences.js'
import { tokenMeasures } from './token-measure.js'

/**
 * Scores some rows of a batch in micro-batches; null when cancelled. The scores of other rows are 0. `temperature` is that of
 * the log-probs that the batch trains on.
 */
export const scoresOf = async (
  { config, replicas, runLimit }: ModelOnEngines,
  { version, parameters }: { readonly version: number; readonly parameters: WeightMap<DeviceTensor> },
  { responses, width }: Batch,
  rows: readonly number[],
  temperature: number,
  signal: AbortSignal,
): Promise<ExactScores | null> => {
  const scores = emptyScores(version, temperature, responses.length * width)
  const matrices = matricesOf(scores)
  const micros = microBatches(responses, rows, runLimit, replicas.length)
  await runOnReplicas(replicas, parameters, micros, signal, async (share, { executables }, weights, isStopped) => {
    for (const micro of share) {
      if (isStopped()) return
      const { shape, feed } = micro
      const executable = await executables.get(config, `score ${describeShape(shape)} at ${temperature}`, () =>
        scoreProgram(config, shape, temperature),
      )
      const { host } = await executable.run({ ...weights, ...feed }, Object.keys(matrices))
      for (const [name, into_BT] of Object.entries(matrices))
        collect(micro, responses, host[name]!.data, into_BT, width)
    }
  })
  return signal.aborted ? null : scores
}

/** Matrix of the scores that holds each measure of a token. */
const measuresOf = ({ logprobs_BT, entropy_BT, distribution }: ExactScores) =>
  ({
    logprob: logprobs_BT,
    entropy: entropy_BT,
    s: distribution.s_BT,
    expectedS: distribution.expectedS_BT,
    squares: distribution.squares_BT,
  }) satisfies Record<(typeof tokenMeasures)[number], Float32Array>

/** Matrices of the scores, by the names of the outputs of the scoring program. */
const matricesOf = (scores: ExactScores): Readonly<Record<string, Float32Array>> => ({
  ...measuresOf(scores),
  ...(scores.tempered === undefined ? {} : { tempered: scores.tempered.logprobs_BT }),
})

const emptyScores = (version: number, temperature: number, size: number): ExactScores => ({
  version,
  method: 'exact',
  ...(temperature === 1 ? {} : { tempered: { temperature, logprobs_BT: new Float32Array(size) } }),
  logprobs_BT: new Float32Array(size),
  entropy_BT: new Float32Array(size),
  distribution: emptyDistribution(size),
})

const emptyDistribution = (size: number): Distribution => ({
  s_BT: new Float32Array(size),
  expectedS_BT: new Float32Array(size),
  squares_BT: new Float32Array(size),
})

/**
 * Scores every completion token of the batch by the leased parameters and yields once; yields nothing when cancelled.
 * Completions that the same version sampled are not read again, because sampling recorded their measures; at a temperature
 * other than 1 only if they were sampled at it.
 */
export async function* score(
  model: ModelOnEngines,
  lease: ParameterLease,
  batch: Batch,
  temperature: number,
  signal: AbortSignal,
): AsyncGenerator<ExactScores> {
  const { responses, width } = batch
  const recorded = responses.map(({ prompt, completion }) => {
    const record = model.samplingRecords.get(completion)
    const isUsable =
      completion.version === lease.version &&
      record?.prompt === prompt &&
      (temperature === 1 || temperature === record.temperature)
    return isUsable ? record : undefined
  })
  const unread = [...responses.keys()].filter((row) => recorded[row] === undefined)
  const scores = await scoresOf(model, lease, batch, unread, temperature, signal)
  if (scores === null) return
  const measures = measuresOf(scores)
  recorded.forEach((record, row) => {
    if (record === undefined) return
    const { measures_MT, tempered_T } = record
    const length = measures_MT.length / tokenMeasures.length
    tokenMeasures.forEach((name, m) =>
      measures[name].set(measures_MT.subarray(m * length, (m + 1) * length), row * width),
    )
    scores.tempered?.logprobs_BT.set(tempered_T, row * width)
  })
  yield scores
}
