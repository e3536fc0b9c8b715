import { createHash } from 'node:crypto'
import * as t from 'io-ts'
import type { Schedule } from '../../lib/entropy/band.js'
import { schedules } from '../../lib/entropy/schedule/index.js'

/** Codec of the model that a run trains. A digest or the settings say which weights these are. */
const ModelCodec = t.union([
  t.strict({ kind: t.literal('bundled'), name: t.string, digest: t.string }),
  t.strict({
    kind: t.literal('pretrained'),
    name: t.string,
    settings: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
  }),
  t.strict({ kind: t.literal('downloaded'), name: t.string, adapterRank: t.number }),
])

/** Model of a run: bundled, pretrained by the study, or a downloaded folder that trains by adapters. */
export type RunModel = t.TypeOf<typeof ModelCodec>

const BoundsCodec = t.strict({ low: t.number, high: t.number })

const BandCodec = t.union([
  t.strict({ schedule: t.literal('constant'), from: BoundsCodec }),
  t.strict({
    schedule: t.union([t.literal('linear'), t.literal('cosine'), t.literal('exponential')]),
    from: BoundsCodec,
    to: BoundsCodec,
  }),
])

/** Entropy band of a run. A schedule that moves the band ends with the run. @units nats per token */
export type RunBand = t.TypeOf<typeof BandCodec>

/** Returns the schedule of the band of a run. */
export const scheduleOfRun = ({ band, steps }: RunPlan): Schedule =>
  band.schedule === 'constant'
    ? schedules.constant.create(band.from)
    : schedules[band.schedule].create({ from: band.from, to: band.to, steps: Math.max(1, steps) })

const EvaluationPlanCodec = t.strict({
  /** Steps between two evaluations; the last step has one, too. */
  every: t.number,
  /** Distinct questions of the test split. */
  questions: t.number,
  /** Samples per question. */
  samples: t.number,
})

/**
 * Codec of the description of a run. Two runs with the same description are the same run, and every part of the study that
 * needs it reads its one file. Settings that no run varies are the defaults of `entrain train`.
 */
export const RunPlanCodec = t.strict({
  task: t.string,
  model: ModelCodec,
  algorithm: t.string,
  /** Options of the algorithm that differ from its defaults. */
  options: t.readonly(t.record(t.string, t.union([t.string, t.number]))),
  filter: t.string,
  /** Number that is raised when a change of the code makes earlier runs with this filter obsolete. */
  revision: t.number,
  learningRate: t.number,
  /** Training steps; 0 evaluates the model without training. */
  steps: t.number,
  prompts: t.number,
  group: t.number,
  /** Largest length of a response. @units tokens */
  maxTokens: t.number,
  band: BandCodec,
  seed: t.number,
  /** Evaluations on the test split; null for none. */
  evaluation: t.union([EvaluationPlanCodec, t.null]),
  /** Steps between two measurements of the KL divergence to the base model; 0 measures none. */
  klEvery: t.number,
})

/** Description of a run. */
export type RunPlan = t.TypeOf<typeof RunPlanCodec>

/** Text that is equal for equal descriptions, whatever the order of their fields. */
export const textOfPlan = (plan: RunPlan): string => JSON.stringify(ordered(RunPlanCodec.encode(plan)))

const ordered = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(ordered)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, each]) => [name, ordered(each)]),
        )
      : value

/** Name of the file of a run, without its ending: what it is in short, and a hash of its description. */
export const nameOfRun = (plan: RunPlan): string => {
  const { task, model, algorithm, filter, learningRate, steps, seed } = plan
  const method = steps === 0 ? 'base' : filter === 'everything' ? algorithm : `${algorithm}-${filter}`
  const trained = steps === 0 ? [] : [`${learningRate}`, `${steps}-steps`]
  const hash = createHash('sha256').update(textOfPlan(plan)).digest('hex').slice(0, 8)
  const words = [...(model.kind === 'bundled' ? [] : [model.name]), method, ...trained, `seed-${seed}`, hash]
  return [task, ...words].join('-').replaceAll('+', 'p')
}
