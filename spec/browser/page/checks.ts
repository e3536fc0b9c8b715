import type { Engine } from '#lib/compute/engine/engine.js'
import { expectAgreement } from '../../lib/compute/reference/agreement.js'
import { cases } from '../../lib/compute/reference/cases.js'
import { expectGoldenLogits } from '../../lib/model/golden-logits.js'
import { expectGoldenSteps } from '../../lib/model/golden-training.js'
import { onEngine } from '../../lib/model/runner.js'

interface Check {
  readonly name: string
  readonly run: (engine: Engine) => Promise<void>
}

/** What every engine must do in a browser as in Node.js: of the whole model, */
export const modelChecks: readonly Check[] = [
  { name: 'the golden logits of the decoder', run: (engine) => expectGoldenLogits(onEngine(engine), 1e-5) },
  { name: 'the golden training steps', run: (engine) => expectGoldenSteps(onEngine(engine), 1e-5) },
]

/** and of every operation before it. */
export const checks: readonly Check[] = [
  ...cases.map((one): Check => ({ name: one.name, run: (engine) => expectAgreement(engine, one) })),
  ...modelChecks,
]
