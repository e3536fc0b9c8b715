import { expect, test } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { reopenable } from '#lib/compute/engine/reopenable.js'

/** Engines that are opened one after another, and the names of the closed ones. */
const openings = () => {
  const closed: string[] = []
  let count = 0
  const open = () => {
    const name = `engine ${++count}`
    if (count === 3) return Promise.reject(new Error('the GPU is gone'))
    const engine = { name, device: `GPU ${count}`, close: () => Promise.resolve(void closed.push(name)) }
    return Promise.resolve(engine as unknown as Engine)
  }
  return { closed, open }
}

test('an engine that is opened again is a new one, and the lost one is closed', async () => {
  const { closed, open } = openings()
  const engine = await reopenable(open)
  expect([engine.name, engine.device]).toEqual(['engine 1', 'GPU 1'])
  await engine.reopen!()
  expect([engine.name, engine.device]).toEqual(['engine 2', 'GPU 2'])
  expect(closed).toEqual(['engine 1'])
  await engine.close()
  expect(closed).toEqual(['engine 1', 'engine 2'])
})

test('an engine that does not open again stays lost, and can be closed', async () => {
  const { closed, open } = openings()
  const engine = await reopenable(open)
  await engine.reopen!()
  await expect(engine.reopen!()).rejects.toThrow('the GPU is gone')
  await engine.close()
  expect(closed).toEqual(['engine 1', 'engine 2'])
})
