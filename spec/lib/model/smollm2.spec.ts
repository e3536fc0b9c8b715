import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, inject, it } from 'vitest'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import { readModel } from '#lib/model/model-file.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { localModel } from '#lib/policy/local/local-model.js'
import { aPrompt } from '#testing.js'
import golden from '../../golden/smollm2.json' with { type: 'json' }
import { all } from '../policy/local/tiny.js'
import { smollm2 } from '../smollm2.js'
import { orThrow } from '#lib/or-throw.js'

describe.skipIf(smollm2 === undefined)('SmolLM2-135M-Instruct', () => {
  it.each(inject('engines').filter((name) => name.startsWith('onnx')))(
    'continues five prompts on %s as transformers does',
    { timeout: 600_000 },
    async (name) => {
      const opened = await readModel(smollm2!)()
      if (E.isLeft(opened)) throw opened.left
      const engine = await inWorker(name)
      const prompts = golden.continuations.map(({ prompt, text }) => aPrompt(text, { tokens: prompt }))
      const tokenizer = {
        ends: [golden.end],
        vocabulary: opened.right.config.vocabulary,
        encode: () => [],
        decode: () => '',
      }
      const model = await orThrow(
        localModel({ engine, checkpoint: opened.right, tokenizer, learningRate: constantRate(0) }),
      )
      const greedy = { group: 1, temperature: 1, topK: 1, topP: 1, maxTokens: golden.length, seed: 1 }
      const groups = await all(model.policy.sample({ step: 0, prompts }, greedy))
      const found = [...groups].sort((a, b) => a.index - b.index).map(({ completions }) => [...completions[0]!.tokens])
      expect(found).toEqual(golden.continuations.map(({ continuation }) => continuation))
      await model.close()
      await engine.close()
    },
  )
})
