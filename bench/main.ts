#!/usr/bin/env node
/** `npm run bench -- NAME`: each benchmark prints a table; figures in the docs come from here. */
import { explain } from '../cli/exit.js'
import { entropyBehaviourBench } from './entropy-behaviour/index.js'
import { entropyControlBench } from './entropy-control/index.js'
import { rlStepBench } from './rl-step.js'
import { trainStepBench } from './train-step.js'

const benches: Readonly<Record<string, (flags: readonly string[]) => Promise<void>>> = {
  'train-step': trainStepBench,
  'rl-step': rlStepBench,
  'entropy-control': entropyControlBench,
  'entropy-behaviour': entropyBehaviourBench,
}

const [name = '', ...flags] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`unknown benchmark ${JSON.stringify(name)}; there are: ${Object.keys(benches).join(', ')}`)
  process.exitCode = 2
} else {
  await bench(flags).catch((error: unknown) => {
    console.error(explain(error))
    process.exitCode = 1
  })
}
