import { expect, inject, test } from 'vitest'
import { connect } from '#lib/compute/engine/webgpu/connect.js'
import { WebgpuEngine } from '#lib/compute/engine/webgpu/webgpu-engine.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { localModel } from '#lib/policy/local/local-model.js'
import {
  aBatchOf,
  accepted,
  all,
  checkpoint,
  only,
  promptsOf,
  sampling,
  tokenizer,
} from '../../../policy/local/tiny.js'
import { countingDevice } from './counting-device.js'
import { fakeDevice } from './fake-device.js'

const UPDATES = 200

/** Updates after which every shape was seen. */
const WARM = 20

/** Lengths of the responses of an update; the shapes repeat after eleven updates. */
const lengthsOf = (update: number) => Array.from({ length: 4 }, (_, i) => 1 + ((7 * update + 5 * i) % 11))

test(`the memory of a GPU is flat over ${UPDATES} updates, and nothing is left after them`, async () => {
  const { device, counts } = countingDevice(fakeDevice().device)
  const engine = new WebgpuEngine(device, 'a GPU')
  const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate: constantRate(1e-4) }))
  const objective = ppoClip()
  const step = async (update: number) => {
    const prompts = promptsOf(update % 2 === 0 ? ['12', '345'] : ['6'], update)
    await all(model.policy.sample(prompts, { ...sampling, maxTokens: 6 }))
    const batch = aBatchOf(lengthsOf(update), update)
    const scores = await only(model.policy.score(batch))
    await only(model.learner.update(accepted(batch, scores), objective))
  }
  for (let update = 0; update < WARM; update++) await step(update)
  const [warm, live] = [counts(), await engine.memory()]
  for (let update = WARM; update < UPDATES; update++) await step(update)
  // Bind groups are counted, too: an update replays the commands of an earlier one.
  expect(counts()).toEqual(warm)
  expect(await engine.memory()).toEqual(live)
  await model.close()
  expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  await engine.close()
  expect(counts()).toMatchObject({ buffers: 0, bytes: 0 })
})

test.runIf(inject('engines').includes('webgpu'))('closing an engine frees its memory', async () => {
  const length = 2 ** 23
  const data = new Float32Array(length).fill(1)
  const use = async () => {
    const engine = await connect({})
    const tensor = await engine.upload({ shape: [length], data }, 'given')
    const { data: found } = await engine.read(tensor)
    await engine.close()
    return found[length - 1]
  }
  expect(await use()).toBe(1)
  const before = process.memoryUsage.rss()
  for (let times = 0; times < 8; times++) await use()
  // An emulated GPU has its memory in this process. Each of the eight engines had 64 MB, and the results may await collection.
  expect(process.memoryUsage.rss() - before).toBeLessThan(6 * 4 * length)
})
