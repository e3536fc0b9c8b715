#!/usr/bin/env node
/** `npm run bench -- NAME [--engine NAME] [--threads N] [--json]` prints the tables of a benchmark, as in the docs. */
import { parseArgs } from 'node:util'
import { explain } from '../cli/exit.js'
import { engineNames } from '../lib/compute/engine/engines.js'
import { type Bench, formatTable } from './bench.js'
import { checkpointBench } from './checkpoint.js'
import { dashboardBench } from './dashboard.js'
import { decodeBench } from './decode.js'
import { determinismBench } from './determinism.js'
import { fineTuneBench } from './fine-tune.js'
import { fleetBench } from './fleet/index.js'
import { fuzzBench } from './fuzz/index.js'
import { killsBench } from './kills/index.js'
import { loadingBench } from './loading.js'
import { mathVerifyBench } from './math-verify.js'
import { memoryBench } from './memory.js'
import { parseName } from './parse-name.js'
import { opsBench } from './ops.js'
import { overheadBench } from './overhead.js'
import { overlapBench } from './overlap.js'
import { parallelBench } from './parallel.js'
import { paperBench } from './paper/index.js'
import { peersBench } from './peers/index.js'
import { planBench } from './plan.js'
import { rlStepBench } from './rl-step.js'
import { tinkerBench } from './remote/tinker.js'
import { vllmBench } from './remote/vllm.js'
import { scalingBench } from './scaling.js'
import { soakBench } from './soak/index.js'
import { tasksBench } from './tasks.js'
import { trainStepBench } from './train-step.js'
import { truncationBench } from './truncation.js'
import { vocabularyBench } from './vocabulary.js'
import { webgpuBench } from './webgpu.js'

const benches: Readonly<Record<string, Bench>> = {
  ops: opsBench,
  'train-step': trainStepBench,
  decode: decodeBench,
  'rl-step': rlStepBench,
  memory: memoryBench,
  'fine-tune': fineTuneBench,
  loading: loadingBench,
  'math-verify': mathVerifyBench,
  truncation: truncationBench,
  vocabulary: vocabularyBench,
  overhead: overheadBench,
  overlap: overlapBench,
  dashboard: dashboardBench,
  scaling: scalingBench,
  fleet: fleetBench,
  parallel: parallelBench,
  tasks: tasksBench,
  checkpoint: checkpointBench,
  peers: peersBench,
  plan: planBench,
  webgpu: webgpuBench,
}

/** Studies have their own flags. Most of them write their results into docs/. */
const studies: Readonly<Record<string, (flags: readonly string[]) => Promise<void>>> = {
  paper: paperBench,
  fuzz: fuzzBench,
  kills: killsBench,
  tinker: tinkerBench,
  vllm: vllmBench,
  determinism: determinismBench,
  soak: soakBench,
}

const options = {
  engine: { type: 'string' },
  threads: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  device: { type: 'string', default: 'cpu' },
  only: { type: 'string' },
  pairs: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

const run = async (bench: Bench, flags: readonly string[]): Promise<void> => {
  const { engine, threads, python, device, only, pairs, json } = parseArgs({ args: [...flags], options }).values
  const tables = bench({
    python,
    device,
    ...(engine === undefined ? {} : { engine: parseName('--engine', engine, engineNames) }),
    ...(threads === undefined ? {} : { threads: Number(threads) }),
    ...(only === undefined ? {} : { only }),
    ...(pairs === undefined ? {} : { pairs: Number(pairs) }),
  })
  for await (const table of tables) console.log(json ? JSON.stringify(table) : `${formatTable(table)}\n`)
}

const [name = '', ...flags] = process.argv.slice(2)
const [bench, study] = [benches[name], studies[name]]
if (bench === undefined && study === undefined) {
  const known = [...Object.keys(benches), ...Object.keys(studies)]
  console.error(`unknown benchmark ${JSON.stringify(name)}; there are: ${known.join(', ')}`)
  process.exitCode = 2
} else {
  await (bench === undefined ? study!(flags) : run(bench, flags)).catch((error: unknown) => {
    console.error(explain(error))
    process.exitCode = 1
  })
}
