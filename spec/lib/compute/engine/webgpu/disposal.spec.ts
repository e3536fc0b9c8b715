import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WebgpuEngine } from '#lib/compute/engine/webgpu/webgpu-engine.js'
import type { WebgpuTensor } from '#lib/compute/engine/webgpu/webgpu-tensor.js'
import { input } from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { countingDevice } from './counting-device.js'
import { fakeDevice } from './fake-device.js'

const shape = [64]
const data = new Float32Array(64)

const opened = async () => {
  const { device, counts } = countingDevice(fakeDevice().device)
  const engine = new WebgpuEngine(device, 'a GPU')
  const copy = await engine.compile(program('copy', { y: input('x', shape) }))
  return { engine, copy, counts }
}

const blockOf = (tensor: unknown) => (tensor as WebgpuTensor).range.block

test('a tensor that is disposed during a run keeps its memory until the run ends, also if another was disposed before', async () => {
  const { engine, copy } = await opened()
  const [first, second] = [await engine.upload({ shape, data }), await engine.upload({ shape, data })]
  first.dispose()
  const running = copy.run({ x: second })
  second.dispose()
  const { device } = await running
  expect(blockOf(device['y'])).toBe(blockOf(first))
  expect(blockOf(device['y'])).not.toBe(blockOf(second))
})

test('a tensor that is disposed after another was freed is freed, too', async () => {
  const { engine, copy, counts } = await opened()
  const x = await engine.upload({ shape, data })
  for (let pair = 0; pair < 20; pair++) {
    const runs = [await copy.run({ x }), await copy.run({ x })]
    for (const { device } of runs) {
      device['y']!.dispose()
      await setImmediate()
    }
  }
  expect(await engine.memory()).toEqual({ tensors: 1, bytes: 256 })
  // The input, two results, and memory that is shared by all runs.
  expect(counts().buffers).toBe(4)
})
