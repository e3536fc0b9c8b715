/**
 * Time of top-k and top-p for one token, beside the decode step of one sequence. Logits are random numbers of a normal
 * distribution.
 *
 *     npm run bench -- truncation [--engine NAME]
 *
 * The decoder has the shape of SmolLM2-135M, with its vocabulary of 49,152 tokens and with that of Qwen3, 151,936. The real
 * Qwen3 models are larger, so their decode step takes longer. ROWS sequences are decoded at the same time.
 */
import { from, lastValueFrom, toArray } from 'rxjs'
import type { Engine } from '../lib/compute/engine/engine.js'
import { createTokenSampler } from '../lib/policy/local/token-sampler.js'
import { uniform } from '../lib/random/uniform.js'
import { type Bench, openBenchEngine } from './bench.js'
import { promptsOf } from './decode.js'
import { measureSeconds, median } from './measure.js'
import { type BenchModel, SMOLLM2 } from './models.js'
import { createModel } from './synthetic.js'

const VOCABULARIES = [49_152, 151_936]
const SETTINGS = [
  { topK: 20, topP: 0.95 },
  { topK: 20, topP: 1 },
  { topK: 0, topP: 0.95 },
]
const ROWS = 8
const TOKENS = 16
const CALLS = 200

export const truncationBench: Bench = async function* (options) {
  const engine = await openBenchEngine(options)
  const rows = []
  for (const vocabulary of VOCABULARIES) {
    const step = 1000 * (await measureDecodeStep(engine, vocabulary))
    for (const { topK, topP } of SETTINGS) {
      const milliseconds = measureTruncation(vocabulary, topK, topP)
      rows.push([vocabulary, topK, topP, step, milliseconds, `${((100 * milliseconds) / step).toFixed(1)}%`])
    }
  }
  yield {
    title: `Truncation of the sampling distribution, beside a decode step of one of ${ROWS} sequences`,
    heading: ['vocabulary', 'top-k', 'top-p', 'decode step ms', 'truncation ms', 'share'],
    rows,
  }
  await engine.close()
}

/** Measures the time of one token of one sequence without truncation. @units seconds */
const measureDecodeStep = async (engine: Engine, vocabulary: number): Promise<number> => {
  const model: BenchModel = { ...SMOLLM2, config: { ...SMOLLM2.config, vocabulary } }
  const local = await createModel(engine, model)
  const prompts = promptsOf(model, 1)
  const generate = (maxTokens: number) => {
    const sampling = { group: ROWS, temperature: 1, topK: 0, topP: 1, maxTokens, seed: 1 }
    return () => lastValueFrom(from(local.policy.sample({ step: 0, prompts }, sampling)).pipe(toArray()))
  }
  const secondsOf = async (maxTokens: number) => median(await measureSeconds(generate(maxTokens), 3, 1))
  // The difference leaves out the time to read the prompt.
  const seconds = ((await secondsOf(2 * TOKENS)) - (await secondsOf(TOKENS))) / TOKENS / ROWS
  await local.close()
  return seconds
}

/** Measures by how much truncation lengthens the sampling of one token. @units ms */
const measureTruncation = (vocabulary: number, topK: number, topP: number): number =>
  measureSampling(vocabulary, topK, topP) - measureSampling(vocabulary, 0, 1)

/** Measures the median time of sampling one token from its logits. @units ms */
const measureSampling = (vocabulary: number, topK: number, topP: number): number => {
  const sample = createTokenSampler(vocabulary, { group: 1, temperature: 1, topK, topP, maxTokens: 1, seed: 0 })
  const [logprobs, untruncated] = [new Float32Array(1), new Float32Array(1)]
  const rows = [0, 1, 2, 3].map((seed) => randomLogits(vocabulary, seed))
  const times = Array.from({ length: CALLS }, (_, call) => {
    const start = performance.now()
    sample(rows[call % rows.length]!, 0, uniform(call), logprobs, 0, untruncated)
    return performance.now() - start
  })
  return median(times)
}

/** Logits with a standard deviation of 3. */
const randomLogits = (vocabulary: number, seed: number): Float32Array => {
  const normal = (v: number) =>
    Math.sqrt(-2 * Math.log(1 - uniform(seed, v, 0))) * Math.cos(2 * Math.PI * uniform(seed, v, 1))
  return Float32Array.from({ length: vocabulary }, (_, v) => 3 * normal(v))
}
