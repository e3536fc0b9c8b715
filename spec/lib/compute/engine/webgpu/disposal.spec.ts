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

test('tensors that are disposed one after another are all freed', async () => {
  const { engine, copy, counts } = await opened()
  const x = await engine.upload({ shape, data })
  for (let run = 0; run < 20; run++) {
    const { device } = await copy.run({ x })
    device['y']!.dispose()
    // The memory of the first is free before the second is disposed.
    await engine.memory()
    const other = await copy.run({ x })
    other.device['y']!.dispose()
  }
  expect(await engine.memory()).toEqual({ tensors: 1, bytes: 256 })
  expect(counts().buffers).toBeLessThanOrEqual(4)
})
