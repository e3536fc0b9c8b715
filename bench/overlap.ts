/**
 * Throughput when later batches are generated during the update, against generating and updating in turn. The ports only wait: a
 * sampler that generates one batch at a time, and a learner. The stages between them are those of a training run.
 *
 *     npm run bench -- overlap
 */
import { defer, from, lastValueFrom, map, of, switchMap, timer, toArray } from 'rxjs'
import { grpo } from '../lib/advantage/grpo.js'
import { slots } from '../lib/control/slots.js'
import { ppoClip } from '../lib/objective/ppo-clip.js'
import type { Policy } from '../lib/policy/policy.js'
import type { StepReport } from '../lib/report/step-report.js'
import { trainingPipeline } from '../pipelines/training-pipeline.js'
import { anUpdate } from '../testing/batches.js'
import { fakeLearner } from '../testing/fake-learner.js'
import { fixedVerifier } from '../testing/fixed-verifier.js'
import { aPrompt } from '../testing/groups.js'
import { marblePolicy } from '../testing/marble-policy.js'
import type { Bench } from './bench.js'

const STEPS = 40
const PROMPTS = 8

/** Times of generation and update of a batch. @units ms */
interface Speeds {
  readonly generation: number
  readonly update: number
}

const speeds: readonly Speeds[] = [
  { generation: 50, update: 50 },
  { generation: 100, update: 50 },
  { generation: 50, update: 100 },
]

/** Batches in flight, and the maximum age of a completion that trains. */
const settings = [
  { inFlight: 1, maxStaleness: 0 },
  { inFlight: 2, maxStaleness: 1 },
  { inFlight: 4, maxStaleness: 3 },
  { inFlight: 4, maxStaleness: 1 },
] as const

export const overlapBench: Bench = async function* () {
  for (const speed of speeds) {
    let sequential = NaN
    const rows = []
    for (const setting of settings) {
      const { seconds, reports } = await measureRun(speed, setting)
      const trained = reports.filter(({ outcome }) => outcome.status === 'updated').length
      const throughput = trained / seconds
      if (setting.inFlight === 1) sequential = throughput
      rows.push([
        setting.inFlight,
        setting.maxStaleness,
        throughput,
        throughput / sequential,
        Math.max(...reports.map(({ staleness }) => staleness.max).filter(Number.isFinite)),
        reports.reduce((sum, { staleGroups }) => sum + staleGroups, 0),
      ])
    }
    yield {
      title: `${STEPS} steps of ${PROMPTS} prompts: ${speed.generation} ms of generation and ${speed.update} ms of update each`,
      heading: ['in flight', 'max staleness', 'updates/s', 'of sequential', 'oldest, updates', 'groups dropped'],
      rows,
    }
  }
}

const measureRun = async (
  { generation, update }: Speeds,
  { inFlight, maxStaleness }: (typeof settings)[number],
): Promise<{ readonly seconds: number; readonly reports: readonly StepReport[] }> => {
  let version = 0
  const place = slots(1)
  const sampler = marblePolicy({
    sample: (groups) =>
      place(
        defer(() => {
          const sent = version
          return timer(generation).pipe(
            switchMap(() => from(Object.values(groups))),
            map((group) => ({ ...group, completions: group.completions.map((one) => ({ ...one, version: sent })) })),
          )
        }),
      ),
    score: (scores) => of({ ...scores, version }),
  })
  const policy: Policy = {
    get version() {
      return version
    },
    sample: (prompts, sampling) => sampler.sample(prompts, sampling),
    score: (batch, temperature) => sampler.score(batch, temperature),
  }
  const learner = fakeLearner({ update: () => timer(update).pipe(map(() => anUpdate(++version))) })
  const start = performance.now()
  const reports = await lastValueFrom(
    trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
      {
        policy,
        learner,
        verifier: fixedVerifier(({ tokens }) => (tokens.length === 2 ? 1 : -1)),
        rewardScale: 'signed',
        prompts: Array.from({ length: STEPS * PROMPTS }, (_, n) => aPrompt(`${n}`)),
      },
      {
        band: () => ({ low: 0, high: 9 }),
        sampling: { group: 4, maxTokens: 4, seed: 0 },
        demand: { prompts: PROMPTS, inFlight },
        maxStaleness,
      },
    ).pipe(toArray()),
  )
  return { seconds: (performance.now() - start) / 1000, reports }
}
