import * as E from 'fp-ts/lib/Either.js'
import { expect, it } from 'vitest'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { withScope } from '#cli/scope.js'
import { compareRun } from '#cli/training/compare-run.js'
import { openRun } from '#cli/training/open-run.js'
import { openTraining } from '#cli/training/open-training.js'
import { planBand } from '#cli/training/plan-band.js'
import { runTraining } from '#cli/training/run-training.js'
import { fakeTerminal } from '../fake-terminal.js'
import { PATIENCE, workshop } from '../process.js'

const { at, base } = workshop()

it('a run and its comparison leave nothing on the engine, one after the other', { timeout: PATIENCE }, async () => {
  const words =
    '--steps 2 --prompts 2 --group 2 --evaluation-prompts 2 --evaluation-samples 2 --engine onnx --compare grpo'
  const pairs = words.split(' ').flatMap((word, i, all) => (i % 2 === 0 ? [[word.slice(2), all[i + 1]!] as const] : []))
  const config = await loadTrainConfig(new Map(pairs).set('model', base()))()
  if (E.isLeft(config)) throw config.left
  const options = { out: at('run'), terminal: fakeTerminal() }
  await withScope(async (scope) => {
    const resources = await openTraining(config.right, options, scope)
    const planned = await planBand(config.right, options, resources)
    if (planned === null) throw new Error('the measurement was interrupted')
    const run = await openRun(planned, options, resources)
    const result = await runTraining(run)
    expect(result.summary).toMatchObject({ status: 'finished', compared: null })
    expect(await resources.engine.memory()).toEqual({ tensors: 0, bytes: 0 })
    const { summary, comparisonFailure } = await compareRun(run, result)
    expect(comparisonFailure).toBeNull()
    expect(summary).toMatchObject({ status: 'finished', compared: { algorithm: 'grpo', status: 'finished' } })
    expect(await resources.engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })
})
