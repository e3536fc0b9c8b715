import { from, lastValueFrom, tap, toArray } from 'rxjs'
import { expect, inject, test } from 'vitest'
import { reopenable } from '#lib/compute/engine/reopenable.js'
import { requestDevice } from '#lib/compute/engine/webgpu/connect.js'
import type { GpuDevice } from '#lib/compute/engine/webgpu/gpu.js'
import { WebgpuEngine } from '#lib/compute/engine/webgpu/webgpu-engine.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { constantRate } from '#lib/optimizer/learning-rate.js'
import { orThrow } from '#lib/or-throw.js'
import { localModel } from '#lib/policy/local/local-model.js'
import { initialWeights } from '#lib/model/weights.js'
import type { EngineRestart } from '#lib/policy/local/restart-engines.js'
import {
  aBatchOf,
  accepted,
  config,
  only,
  promptsOf,
  sampling,
  snapshotOf,
  tokenizer,
} from '../../../policy/local/tiny.js'
import { fakeDevice } from './fake-device.js'

const loss = (message: unknown) => expect.objectContaining({ _tag: 'EngineLost', message }) as Error

test('a lost device fails the calls in progress, which it may never answer, and every later call', async () => {
  const { device, lose } = fakeDevice({ answers: false })
  const engine = new WebgpuEngine(device, 'a GPU')
  const executable = await engine.compile(program('negative', { y: o.neg(o.input('x', [])) }))
  const kept = await engine.upload({ shape: [], data: Float32Array.of(1) })
  const lost = loss('the GPU device was lost: the driver crashed')
  const interrupted = [executable.run({ x: kept }, ['y']), engine.read(kept)].map((call) =>
    expect(call).rejects.toThrow(lost),
  )
  lose({ message: 'the driver crashed' })
  await Promise.all(interrupted)
  await expect(engine.memory()).rejects.toThrow(lost)
  await expect(engine.upload({ shape: [], data: Float32Array.of(1) })).rejects.toThrow(lost)
  await expect(executable.run({ x: kept })).rejects.toThrow(lost)
  executable.dispose()
  kept.dispose()
  await expect(engine.close()).resolves.toBeUndefined()
})

const small = { ...config, layers: 1 }
const checkpoint = { config: small, weights: initialWeights(small, 3), metadata: {} }
const message = expect.stringMatching(/^the GPU device was lost: /) as string

/** Opens a model on an engine that gets each of its devices from `request`. */
const opened = async (request: () => Promise<GpuDevice>) => {
  const restarts: string[] = []
  const engine = await reopenable(async () => new WebgpuEngine(await request(), 'a GPU'))
  const recovery = { onRestart: ({ loss }: EngineRestart) => restarts.push(loss.message) }
  const learningRate = constantRate(1e-2)
  const model = await orThrow(localModel({ engine, checkpoint, tokenizer, learningRate, recovery }))
  return { engine, model, restarts }
}

test('a model whose device is lost while it samples emits every group once, and keeps its weights', async () => {
  const gpus: ReturnType<typeof fakeDevice>[] = []
  const { engine, model, restarts } = await opened(() => {
    gpus.push(fakeDevice())
    return Promise.resolve(gpus.at(-1)!.device)
  })
  const before = await orThrow(model.readParameters())
  const loseFirst = () => gpus[0]!.lose({ message: 'it was unplugged' })
  const texts = ['12', '345', '6']
  const groups$ = from(model.policy.sample(promptsOf(texts), sampling)).pipe(tap(loseFirst), toArray())
  const groups = await lastValueFrom(groups$)
  expect(groups.map(({ index }) => index).sort()).toEqual([0, 1, 2])
  await only(model.policy.score(aBatchOf([3, 5])))
  expect(restarts).toEqual([message])
  expect(await orThrow(model.readParameters())).toEqual(before)
  expect([...before.parameters.values()].some(({ data }) => data.some((weight) => weight !== 0))).toBe(true)
  await model.close()
  expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  await engine.close()
})

test.runIf(inject('engines').includes('webgpu'))(
  'a model whose device is lost during an update has the weights and moments of one that kept its device',
  async () => {
    const trained = async (isLost: boolean) => {
      const devices: GpuDevice[] = []
      const { engine, model, restarts } = await opened(async () => {
        devices.push((await requestDevice()).device)
        return devices.at(-1)!
      })
      const objective = ppoClip()
      for (const step of [0, 1]) {
        const batch = aBatchOf([3, 5, 2, 4], step)
        const scores = await only(model.policy.score(batch))
        const updating = only(model.learner.update(accepted(batch, scores), objective))
        if (isLost && step === 1) devices[0]!.destroy()
        await updating
      }
      const state = await snapshotOf(model.learner)
      await model.close()
      expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
      await engine.close()
      return { state, restarts }
    }
    const undisturbed = await trained(false)
    expect(undisturbed.restarts).toEqual([])
    const disturbed = await trained(true)
    expect(disturbed.restarts).toEqual([message])
    expect(disturbed.state).toEqual(undisturbed.state)
  },
)
