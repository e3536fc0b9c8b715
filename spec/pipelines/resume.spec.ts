import { lastValueFrom, take, toArray } from 'rxjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainingState } from '#lib/checkpoint/training-state.js'
import { PipelineStateCodec } from '#lib/codec/value/pipeline-state.js'
import { StepReportCodec } from '#lib/codec/value/step-report.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { entropyControl } from '#lib/control/entropy-control.js'
import { initialPipelineState, type PipelineState, pipelineStateAfter } from '#lib/control/pipeline-state.js'
import { orThrow, rightOrThrow } from '#lib/or-throw.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { localModel, type LocalModelOptions } from '#lib/policy/local/local-model.js'
import type { StepReport } from '#lib/report/step-report.js'
import { type AlgorithmName, algorithms } from '#pipelines/algorithms/index.js'
import type { AlgorithmOptions } from '#pipelines/algorithm-options.js'
import { fakeLearner, fixedVerifier, marblePolicy } from '#testing.js'
import { checkpoint, promptOf, snapshotOf, tokenizer } from '../lib/policy/local/tiny.js'

let engine: Engine
beforeAll(async () => {
  engine = await inWorker('onnx', { threads: 1 })
})
afterAll(() => engine.close())

/** State of a run between two steps. */
interface RunState {
  readonly pipeline: PipelineState
  readonly learner: TrainingState | undefined
}

interface Run {
  readonly name: AlgorithmName
  readonly algorithm: Partial<AlgorithmOptions>
  readonly inFlight: number
  readonly model: Partial<LocalModelOptions>
}

const texts = Array.from({ length: 200 }, (_, i) => `${i % 10}+${(7 * i) % 100}`)
const start: RunState = { pipeline: initialPipelineState, learner: undefined }

/** Trains from a state until so many steps of a longer run are done; returns the reports, and the state after them. */
const train = async (
  { name, algorithm, inFlight, model }: Run,
  { pipeline, learner: state }: RunState,
  done: number,
) => {
  const options = { engine, checkpoint, tokenizer, learningRate: constantRate(1e-2), ...model }
  const { policy, learner, freezeCheckpoint, close } = await orThrow(
    localModel({ ...options, ...(state && { state }) }),
  )
  try {
    const reports = await lastValueFrom(
      algorithms[name]
        .create(
          {
            policy,
            learner,
            reference: await orThrow(freezeCheckpoint()),
            verifier: fixedVerifier(({ tokens }) => (tokens.length % 2 === 0 ? 1 : -1)),
            rewardScale: 'signed',
            prompts: texts.slice(pipeline.prompts.from).map(promptOf),
          },
          {
            band: (step) => ({ low: 0.9 - step / 50, high: 1 - step / 50 }),
            sampling: { maxTokens: 6, seed: 3, group: 4 },
            demand: { prompts: 3, inFlight },
            algorithm,
            steps: 5,
            resumeFrom: pipeline,
          },
        )
        .pipe(take(done - pipeline.step), toArray()),
    )
    return {
      reports,
      state: { pipeline: reports.reduce(pipelineStateAfter, pipeline), learner: await snapshotOf(learner) },
    }
  } finally {
    await close()
  }
}

/** The state as a file would return it. */
const stored = ({ pipeline, learner }: RunState): RunState => ({
  pipeline: rightOrThrow(
    PipelineStateCodec.decode(JSON.parse(JSON.stringify(PipelineStateCodec.encode(pipeline)))) as never,
  ),
  learner,
})

const encoded = (reports: readonly StepReport[]) => reports.map((report) => StepReportCodec.encode(report))

const runs: readonly Run[] = [
  ...(['entrocraft-calibrated', 'entrocraft', 'repo-r', 'adaptive-entropy', 'dapo'] as const).map((name) => ({
    name,
    algorithm: {},
    inFlight: 1,
    model: {},
  })),
  {
    name: 'grpo',
    algorithm: { klCoefficient: 0.1, minibatches: 2 },
    inFlight: 1,
    model: { adamw: { weightDecay: 0.1 } },
  },
]

describe.each(runs)('a run of $name that resumes', (run) => {
  it('makes the reports and the weights of a run without interruption', async () => {
    const whole = await train(run, start, 5)
    const first = await train(run, start, 2)
    const rest = await train(run, stored(first.state), 5)
    expect(encoded([...first.reports, ...rest.reports])).toEqual(encoded(whole.reports))
    expect(rest.state).toEqual(whole.state)
    expect(whole.reports.map(({ outcome }) => outcome.status)).toContain('updated')
  })
})

describe('a run with two batches in flight that resumes', () => {
  const run: Run = { name: 'dapo', algorithm: {}, inFlight: 2, model: {} }

  it('has the steps of a run without interruption, and loses and repeats no prompt', async () => {
    const first = await train(run, start, 2)
    const rest = await train(run, stored(first.state), 5)
    const reports = [...first.reports, ...rest.reports]
    expect(reports.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4])
    const { from, used } = rest.state.pipeline.prompts
    const expected = reports.reduce((sum, { discardedGroups }) => sum + 3 + discardedGroups, 0)
    expect(from + used.length).toBe(expected)
  })
})

describe('an override of the band', () => {
  const band = { low: 0.4, high: 0.5 }
  const resumed = { ...initialPipelineState, step: 1, override: [{ step: 0, band }] }
  const ports = () => ({
    policy: marblePolicy(),
    learner: fakeLearner(),
    verifier: fixedVerifier(() => 1),
    rewardScale: 'signed' as const,
    prompts: texts.map(promptOf),
  })
  const options = {
    sampling: { maxTokens: 3, seed: 1, group: 2 },
    demand: { prompts: 1 },
    steps: 3,
    resumeFrom: resumed,
  }
  const planned = { low: 1, high: 2 }

  it('stays in force, and is not reported again', async () => {
    const reports = await lastValueFrom(
      algorithms.grpo.create(ports(), { ...options, band: () => planned }).pipe(toArray()),
    )
    expect(reports.map(({ entropy: { band, steered } }) => ({ band, steered }))).toEqual(
      [1, 2].map(() => ({ band, steered: null })),
    )
    expect(reports.reduce(pipelineStateAfter, resumed).override).toEqual(resumed.override)
  })

  it('ends when it is released, which is reported', async () => {
    const control = entropyControl(() => planned, resumed.override)
    control.release()
    const reports = await lastValueFrom(algorithms.grpo.create(ports(), { ...options, control }).pipe(toArray()))
    expect(reports.map(({ entropy: { band, steered } }) => ({ band, steered }))).toEqual([
      { band: planned, steered: [] },
      { band: planned, steered: null },
    ])
    expect(reports.reduce(pipelineStateAfter, resumed).override).toBeNull()
  })
})

describe('a model that goes on from a state', () => {
  const options = { checkpoint, tokenizer, learningRate: constantRate(1e-2) }

  it('refuses the state of another model, and names the weight', async () => {
    const { state } = await train({ ...runs[0]!, name: 'grpo' }, start, 1)
    const [name, tensor] = [...state.learner.firstMoments][0]!
    const wrong = {
      ...state.learner,
      firstMoments: new Map([...state.learner.firstMoments, [name, { ...tensor, shape: [1] }]]),
    }
    const before = await engine.memory()
    const failure = await localModel({ engine, ...options, state: wrong })()
    expect(failure).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'CheckpointError', place: `the training state, weight ${name}` },
    })
    expect(await engine.memory()).toEqual(before)
  })
})
