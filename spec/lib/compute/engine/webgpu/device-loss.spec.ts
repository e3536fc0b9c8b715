import { from, tap } from 'rxjs'
import { describe, expect, inject, test } from 'vitest'
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
import {
  accepted,
  all,
  checkpoint,
  inOrder,
  only,
  promptsOf,
  rewarded,
  sampling,
  snapshotOf,
  tokenizer,
} from '../../../policy/local/tiny.js'
import { fakeDevice } from './fake-device.js'

const loss = (message: unknown) => expect.objectContaining({ _tag: 'EngineLost', message }) as Error

test('a lost device fails the calls in progress, which it may never answer, and every later call', async () => {
  const { device, lose } = fakeDevice()
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

describe.runIf(inject('engines').includes('webgpu'))('a model whose device is lost', () => {
  /** Samples and trains twice. `atGroup` and `atUpdate` are called during the second step, with the present device. */
  const trained = async (atGroup: (device: GpuDevice) => void, atUpdate: (device: GpuDevice) => void) => {
    const devices: GpuDevice[] = []
    const restarts: string[] = []
    const engine = await reopenable(async () => {
      const { device, name } = await requestDevice()
      devices.push(device)
      return new WebgpuEngine(device, name)
    })
    const model = await orThrow(
      localModel({
        engine,
        checkpoint,
        tokenizer,
        learningRate: constantRate(1e-2),
        recovery: { onRestart: (restart) => restarts.push(restart.loss.message) },
      }),
    )
    for (const step of [0, 1]) {
      const onGroup = () => (step === 1 ? atGroup(devices.at(-1)!) : undefined)
      const sampled$ = from(model.policy.sample(promptsOf(['12', '345'], step), sampling)).pipe(tap(onGroup))
      const batch = rewarded(inOrder(await all(sampled$)))
      const scores = await only(model.policy.score(batch))
      const updating = only(model.learner.update(accepted(batch, scores), ppoClip()))
      if (step === 1) atUpdate(devices.at(-1)!)
      await updating
    }
    const state = await snapshotOf(model.learner)
    await model.close()
    const left = await engine.memory()
    await engine.close()
    return { state, restarts, left }
  }
  const nothing = () => undefined

  test('has the same weights and moments as one that kept its device', async () => {
    const undisturbed = await trained(nothing, nothing)
    expect(undisturbed.restarts).toEqual([])
    const lose = (device: GpuDevice) => device.destroy()
    let isLost = false
    const loseOnce = (device: GpuDevice) => {
      if (!isLost) lose(device)
      isLost = true
    }
    const disturbed = await trained(loseOnce, lose)
    const message = expect.stringMatching(/^the GPU device was lost: /) as string
    expect(disturbed.restarts).toEqual([message, message])
    expect(disturbed.state).toEqual(undisturbed.state)
    expect(disturbed.left).toEqual({ tensors: 0, bytes: 0 })
  })
})
