import { fc, test } from '@fast-check/vitest'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { type Observable, of } from 'rxjs'
import { describe, expect, it } from 'vitest'
import { grpo } from '#lib/advantage/grpo.js'
import { initialPipelineState, type PipelineState, pipelineStateAfter } from '#lib/control/pipeline-state.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { orThrow } from '#lib/or-throw.js'
import { mapPolicy } from '#lib/policy/map-policy.js'
import { ServerError } from '#lib/remote/http/server-error.js'
import { openAiPolicy } from '#lib/remote/openai/openai-policy.js'
import { pooled } from '#lib/remote/pool/pooled.js'
import { remoteRollouts } from '#lib/remote/sync/remote-rollouts.js'
import type { WeightSync } from '#lib/remote/sync/weight-sync.js'
import type { StepReport } from '#lib/report/step-report.js'
import type { Verifier } from '#lib/reward/verifier.js'
import type { Batch } from '#lib/rollout/batch.js'
import type { Prompt, PromptBatch } from '#lib/rollout/prompt.js'
import { stepMetrics } from '#lib/run/step-metrics.js'
import { addPrompts, countPrompts, noPrompts } from '#lib/run/prompt-account.js'
import { trainingPipeline } from '#pipelines/training-pipeline.js'
import { aReward, fakeLearner, someScores } from '#testing.js'
import { type Fault, faults, faultyProxies } from '../lib/remote/doubles/faulty-proxy.js'
import { sequenceLogprobs } from '../lib/remote/doubles/tiny-model.js'
import { vllmDoubles } from '../lib/remote/doubles/vllm.js'
import { digits } from '../lib/remote/sampler/behaviour.js'

const [STEPS, PROMPTS, GROUP] = [4, 3, 2]

const promptAt = (n: number): Prompt => {
  const text = `${1 + (n % 7)}${1 + Math.floor(n / 7)}`
  return { id: `p${n}`, text, tokens: digits.encode(text), reference: '' }
}
const allPrompts = Array.from({ length: STEPS * PROMPTS }, (_, n) => promptAt(n))

/** Name of the weights of a version on the servers, from which the double computes its log-probs. */
const nameOf = (version: number) => `entrain-r-${String(version).padStart(6, '0')}`

/** Port that writes no folder, because the double reads none. */
const sync: WeightSync = {
  write: ({ version }) =>
    TE.right({ version, name: nameOf(version), kind: 'adapters', folder: `/w/${nameOf(version)}` }),
  remove: () => TE.right(undefined),
}

/** Model whose log-probs are those of the double with the weights of its version. Each update makes the next version. */
const localModel = (first: number) => {
  let version = first
  const scored = (batch: Batch) => {
    const scores = someScores(batch, 0.5, version)
    batch.responses.forEach(({ prompt, completion }, b) =>
      sequenceLogprobs([...prompt.tokens, ...completion.tokens], nameOf(version))
        .slice(prompt.tokens.length)
        .forEach((logprob, t) => (scores.logprobs_BT[b * batch.width + t] = logprob)),
    )
    return of(scores)
  }
  const learner = fakeLearner({ update: (report) => of({ ...report, version: ++version }) })
  return {
    policy: {
      get version() {
        return version
      },
      sample: (): never => {
        throw new Error('found a request to the local model, expected requests to the servers')
      },
      score: scored,
    },
    learner,
    readParameters: () => TE.right({ version, config: {} as never, parameters: new Map() as never }),
  }
}

/** Rewards differ in most groups. The verifier fails on every completion of some prompts. */
const verifierFailingOn =
  (broken: ReadonlySet<string>): Verifier =>
  ({ id }, { tokens }) => {
    if (broken.has(id)) throw new Error('no verdict')
    return of(aReward(tokens[0]! % 2 === 0 ? 1 : -1))
  }

interface Settings {
  /** Faults of each server, one request after the other, from the start again when they are used up. */
  readonly scripts: readonly (readonly (Fault | null)[])[]
  readonly inFlight: number
  readonly maxStaleness: number
  readonly broken: ReadonlySet<string>
}

/** Reports, prompts and end of a run. */
interface Outcome {
  readonly reports: readonly StepReport[]
  readonly error: unknown
  /** Prompts that were issued, by their step. */
  readonly issued: ReadonlyMap<number, readonly string[]>
  /** Prompts of the responses of each update, and its step. */
  readonly updates: readonly { readonly step: number; readonly prompts: readonly string[] }[]
  /** State after the last report, and its version of the weights. */
  readonly state: PipelineState
  readonly version: number
}

const openVllm = vllmDoubles()
const openProxy = faultyProxies()

/** Runs the pipeline from a state to its end or its failure. */
const run = async (
  { scripts, inFlight, maxStaleness, broken }: Settings,
  start: Pick<Outcome, 'state' | 'version'> = { state: initialPipelineState, version: 0 },
): Promise<Outcome> => {
  let isFaulty = false
  const policies = await Promise.all(
    scripts.map(async (script) => {
      const { url } = await openVllm()
      const proxy = await openProxy(url, (number) => (isFaulty ? (script[number % script.length] ?? null) : null))
      return orThrow(
        openAiPolicy({
          url: proxy.url,
          tokenizer: digits,
          retry: { retries: 1, patience: 0, firstWait: 0.001, longestWait: 0.01 },
          breaker: { failures: 1000 },
        }),
      )
    }),
  )
  const model = localModel(start.version)
  const pool = pooled(policies, {
    ...{ promptsPerServer: 2, attempts: 3, firstWait: 0.001, longestWait: 0.01, patience: 0.3 },
  })
  const rollouts = remoteRollouts(model, pool, sync)
  const issued = new Map<number, readonly string[]>()
  const record = ({ step, prompts }: PromptBatch) =>
    issued.set(
      step,
      prompts.map(({ id }) => id),
    )
  isFaulty = true
  const reports$ = trainingPipeline({ estimator: grpo(), objective: ppoClip() })(
    {
      policy: mapPolicy(rollouts.policy, {
        sample: (call, batch) => {
          record(batch)
          return call()
        },
      }),
      learner: rollouts.learner,
      verifier: verifierFailingOn(broken),
      rewardScale: 'signed',
      prompts: allPrompts.slice(start.state.prompts.from),
    },
    {
      band: () => ({ low: 0, high: 9 }),
      sampling: { group: GROUP, maxTokens: 4, seed: 7 },
      demand: { prompts: PROMPTS, inFlight },
      maxStaleness,
      resumeFrom: start.state,
    },
  )
  const { reports, error } = await untilEnd(reports$)
  await rollouts.close()
  return {
    ...{ reports, error, issued },
    updates: model.learner.updates.map(({ step, responses }) => ({
      step,
      prompts: responses.map(({ prompt }) => prompt.id),
    })),
    state: reports.reduce(pipelineStateAfter, start.state),
    version: reports.at(-1)?.outcome.version ?? start.version,
  }
}

const untilEnd = (reports$: Observable<StepReport>) =>
  new Promise<Pick<Outcome, 'reports' | 'error'>>((resolve) => {
    const reports: StepReport[] = []
    reports$.subscribe({
      next: (report) => reports.push(report),
      error: (error: unknown) => resolve({ reports, error }),
      complete: () => resolve({ reports, error: null }),
    })
  })

const countsOf = (reports: readonly StepReport[]) =>
  reports.map(stepMetrics).reduce<ReturnType<typeof addPrompts>>(addPrompts, noPrompts)!

/** Checks that every issued prompt is in a report, or belongs to a step that the run did not finish. */
const expectAccount = ({ reports, error, issued, updates }: Outcome, { inFlight }: Settings) => {
  const finished = new Set(reports.map(({ step }) => step))
  const unfinished = [...issued].filter(([step]) => !finished.has(step)).flatMap(([, prompts]) => prompts)
  expect(countPrompts(countsOf(reports)) + unfinished.length).toBe([...issued.values()].flat().length)
  for (const { step, groups } of reports) expect(groups).toBe(issued.get(step)!.length)
  if (error === null) expect(unfinished).toEqual([])
  else {
    expect(error).toBeInstanceOf(ServerError)
    expect(unfinished.length).toBeGreaterThan(0)
    expect(unfinished.length).toBeLessThanOrEqual(inFlight * PROMPTS)
  }
  for (const { prompts } of updates) expect(prompts).toHaveLength(GROUP * new Set(prompts).size)
  // An update whose weights no server took has no report. A run that goes on has the weights before it.
  const trained = updates.filter(({ step }) => finished.has(step)).flatMap(({ prompts }) => [...new Set(prompts)])
  expect(updates.filter(({ step }) => !finished.has(step)).length).toBeLessThanOrEqual(error === null ? 0 : 1)
  expect(new Set(trained).size).toBe(trained.length)
  return { trained, unfinished }
}

const clean = { inFlight: 1, maxStaleness: 4 }
const anyFault = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: fc.constantFrom(...faults) },
)
const anySettings: fc.Arbitrary<Settings> = fc.record({
  scripts: fc.array(fc.array(anyFault, { minLength: 1, maxLength: 24 }), { minLength: 1, maxLength: 3 }),
  inFlight: fc.integer({ min: 1, max: 3 }),
  maxStaleness: fc.integer({ min: 0, max: 2 }),
  broken: fc
    .subarray(
      allPrompts.map(({ id }) => id),
      { maxLength: 4 },
    )
    .map((ids) => new Set(ids)),
})

describe('a run on several servers behind a bad network', () => {
  test.prop([anySettings], { numRuns: 12 })(
    'accounts for every prompt, trains none twice, and goes on from where it failed',
    async (settings) => {
      const first = await run(settings)
      const before = expectAccount(first, settings)
      if (first.error === null) return
      const rest = { ...settings, scripts: settings.scripts.map(() => [null]) }
      const second = await run(rest, first)
      const after = expectAccount(second, rest)
      expect(second.error).toBeNull()
      expect(before.trained.filter((id) => after.trained.includes(id))).toEqual([])
      // Both together have used each prompt of the source once.
      const counts = countsOf([...first.reports, ...second.reports])
      expect(countPrompts(counts)).toBe(allPrompts.length)
      expect(counts).toMatchObject({ trained: before.trained.length + after.trained.length, discarded: 0 })
    },
  )

  it.each(faults)(
    'trains every prompt of a run in which one of two servers has this fault every other time: %s',
    async (fault) => {
      const settings = { ...clean, scripts: [[null, fault], [null]], broken: new Set(['p4']) }
      const outcome = await run(settings)
      const { trained } = expectAccount(outcome, settings)
      expect(outcome.error).toBeNull()
      expect(trained.toSorted()).toEqual(
        allPrompts
          .map(({ id }) => id)
          .filter((id) => id !== 'p4')
          .toSorted(),
      )
      expect(countsOf(outcome.reports)).toEqual({ trained: allPrompts.length - 1, stale: 0, failed: 1, discarded: 0 })
    },
  )

  it('counts the groups that are too old', async () => {
    const settings = { scripts: [[null]], inFlight: 3, maxStaleness: 0, broken: new Set<string>() }
    const outcome = await run(settings)
    const { trained } = expectAccount(outcome, settings)
    const counts = countsOf(outcome.reports)
    expect(counts.stale).toBeGreaterThan(0)
    expect(counts).toMatchObject({ trained: trained.length, failed: 0 })
  })

  it('ends with the name of the server and of the prompt when no server answers any longer', async () => {
    const settings = { ...clean, scripts: [['500'], ['cut-after']] as const, broken: new Set<string>() }
    const outcome = await run(settings)
    expect(expectAccount(outcome, settings).trained).toEqual([])
    expect(String(outcome.error)).toMatch(/http:\/\/127\.0\.0\.1:\d+/)
  })
})
