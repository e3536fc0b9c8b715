import { expect, test } from 'vitest'
import { Memory } from '#lib/compute/engine/webgpu/recording/memory.js'
import { countingDevice } from './counting-device.js'
import { fakeDevice } from './fake-device.js'

const counted = () => {
  const { device, counts } = countingDevice(fakeDevice().device)
  return { memory: new Memory(device), counts }
}

test('a block that was freed serves the next request of its size and its purpose', () => {
  const { memory, counts } = counted()
  const block = memory.take(10)
  expect(block.buffer.size).toBe(12)
  memory.give(block)
  expect(memory.take(12, 'reading')).not.toBe(block)
  expect(memory.take(11)).toBe(block)
  expect(counts()).toMatchObject({ buffers: 2, bytes: 24 })
})

test('free blocks take at most as much memory as blocks in use did; the oldest are freed first', () => {
  const { memory, counts } = counted()
  const sizes = Array.from({ length: 50 }, (_, i) => 100 + 4 * i)
  for (const size of sizes) memory.give(memory.take(size))
  // The last size is the most that was in use at once, and only the last block fits.
  expect(counts()).toMatchObject({ buffers: 1, bytes: sizes.at(-1) })
  const many = sizes.map((size) => memory.take(size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  for (const block of many) memory.give(block)
  expect(counts()).toMatchObject({ buffers: sizes.length, bytes })
  memory.give(memory.take(1000))
  expect(counts().bytes).toBeLessThanOrEqual(bytes)
  expect(memory.take(sizes.at(-1)!)).toBe(many.at(-1))
  expect(memory.take(sizes[0]!)).not.toBe(many[0])
})

test('at most four free blocks of one size are kept', () => {
  const { memory, counts } = counted()
  const blocks = Array.from({ length: 6 }, () => memory.take(8))
  for (const block of blocks) memory.give(block)
  expect(counts()).toMatchObject({ buffers: 4, bytes: 32 })
})
