/**
 * One training step (forward, backward, AdamW) of model S on the default engine, beside the engine's matmul peak.
 *
 *     npm run bench -- train-step [ENGINE]
 */
import { engineNames, openEngine } from '../lib/compute/engine/open-engine.js'
import { flops } from '../lib/compute/program/flops.js'
import type { Executable, Feed } from '../lib/compute/engine/engine.js'
import type { DecoderConfig } from '../lib/model/decoder-config.js'
import { initialParameters, parameterFeed, parameterShapes } from '../lib/model/parameters.js'
import { trainProgram } from '../lib/model/program/train.js'
import { SCALAR } from '../lib/objective/loss.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import { adamwDefaults, adamwProgram } from '../lib/optimizer/adamw.js'
import { named } from './named.js'
import { matmulPeak, median, secondsOf, table } from './measure.js'

const S: DecoderConfig = {
  vocabulary: 64,
  width: 128,
  layers: 4,
  heads: 4,
  kvHeads: 4,
  headWidth: 32,
  feedForward: 512,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
}
const objective = ppoClip()
const rows = 64
const length = 32

export const trainStepBench = async ([name]: readonly string[]): Promise<void> => {
  const opened = await openEngine(name === undefined ? name : named('engine', name, engineNames))()
  if (opened._tag === 'Left') throw opened.left
  const { engine, reason } = opened.right
  console.log(`engine ${engine.name}: ${reason}`)
  const gradients = trainProgram(S, objective, { rows, length })
  const train = await engine.compile(gradients)
  const apply = await engine.compile(adamwProgram(parameterShapes(S), adamwDefaults))
  const step = await stepOn(engine, train, apply)
  const seconds = await secondsOf(step, 20)
  const peak = await matmulPeak(engine)
  const reached = flops(gradients) / median(seconds) / 1e9
  console.log(
    table([
      ['model', 'batch', 'GFLOP', 'best s', 'median s', 'GFLOP/s', 'matmul peak', 'share'],
      [
        'S',
        `${rows}x${length}`,
        (flops(gradients) / 1e9).toFixed(1),
        (seconds[0] ?? Number.NaN).toFixed(3),
        median(seconds).toFixed(3),
        reached.toFixed(1),
        peak.toFixed(1),
        `${((100 * reached) / peak).toFixed(0)}%`,
      ],
    ]),
  )
  await engine.close()
}

type OpenEngine = Parameters<typeof matmulPeak>[0]

const stepOn = async (engine: OpenEngine, train: Executable, apply: Executable) => {
  const onEngine = async (prefix: string, fill?: number) => {
    const entries = [...initialParameters(S, 1)].map(async ([key, { shape, data }]) => {
      const values = fill === undefined ? data : new Float32Array(data.length).fill(fill)
      return [key, await engine.upload({ shape, data: values })] as const
    })
    return parameterFeed(new Map(await Promise.all(entries)), prefix)
  }
  const parameters = await onEngine('')
  const named = Object.fromEntries(Object.entries(parameters).map(([key, tensor]) => [`parameter.${key}`, tensor]))
  const state: Feed = { ...named, ...(await onEngine('first.', 0)), ...(await onEngine('second.', 0)) }
  const matrix = (value: (i: number) => number) => ({
    shape: [rows, length],
    data: Float32Array.from({ length: rows * length }, (_, i) => value(i)),
  })
  const tokens = { shape: [rows, length], data: Int32Array.from({ length: rows * length }, (_, i) => (i * 7) % 64) }
  const number = (value: number) => ({ shape: [], data: Float32Array.of(value) })
  const micro: Feed = {
    tokens,
    targets: tokens,
    oldLogprobs: matrix(() => -4),
    advantages: matrix((i) => (i % 3) - 1),
    mask: matrix(() => 1),
    weights: matrix(() => 1 / (rows * length)),
  }
  const scalars = Object.entries(objective.scalars ?? {}).map(([key, value]) => [SCALAR + key, number(value)] as const)
  const rates = { rate: number(1e-4), firstCorrection: number(10), secondCorrection: number(1000) }
  return async () => {
    const { device } = await train.run({ ...parameters, ...micro, ...Object.fromEntries(scalars) }, ['loss'])
    const updated = await apply.run({ ...state, ...rates, ...onlyGradients(device) }, ['norm'])
    for (const tensor of [...Object.values(device), ...Object.values(updated.device)]) tensor.dispose()
  }
}

const onlyGradients = (device: Feed): Feed =>
  Object.fromEntries(Object.entries(device).filter(([key]) => key.startsWith('gradient.')))
