import type { Engine } from '#lib/compute/engine/engine.js'
import { expectAgreement } from '../../lib/compute/reference/agreement.js'
import { cases } from '../../lib/compute/reference/cases.js'
import { expectGoldenLogits } from '../../lib/model/golden-logits.js'
import { expectGoldenSteps } from '../../lib/model/golden-training.js'
import { onEngine, type Runner } from '../../lib/model/runner.js'

interface Check {
  readonly name: string
  readonly run: (engine: Engine) => Promise<void>
}

/** Checks that every engine must pass in a browser as in Node.js. */
export const checks: readonly Check[] = [
  ...cases.map((one): Check => ({ name: one.name, run: (engine) => expectAgreement(engine, one) })),
  { name: 'the golden logits of the decoder', run: onRunner(expectGoldenLogits) },
  { name: 'the golden training steps', run: onRunner(expectGoldenSteps) },
]

function onRunner(expectGolden: (runner: Runner, tolerance: number) => Promise<void>): Check['run'] {
  return (engine) => {
    const runner = onEngine(engine)
    return expectGolden(runner, 1e-5).finally(() => runner.close())
  }
}
