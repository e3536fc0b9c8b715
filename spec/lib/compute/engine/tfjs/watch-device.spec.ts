import { memory } from '@tensorflow/tfjs-core'
import { expect, test, vi } from 'vitest'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { TfjsEngine } from '#lib/compute/engine/tfjs/tfjs-engine.js'
import type { DeviceLoss } from '#lib/compute/engine/device-loss.js'
import { watchDevice } from '#lib/compute/engine/tfjs/watch-device.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { PATIENCE } from '../../../../patience.js'

test('an error of the device is returned, a validation error before an out-of-memory error', async () => {
  const scopes: string[] = []
  const device = (errors: Readonly<Record<string, string>>) => ({
    lost: new Promise<never>(() => undefined),
    pushErrorScope: (filter: string) => void scopes.push(filter),
    popErrorScope: () => {
      const message = errors[scopes.pop()!]
      return Promise.resolve(message === undefined ? null : { message })
    },
  })
  expect(await watchDevice(device({}))()()).toBeUndefined()
  expect(await watchDevice(device({ 'out-of-memory': 'too big' }))()()).toBe('too big')
  expect(await watchDevice(device({ validation: 'no vec5', 'out-of-memory': 'too big' }))()()).toBe('no vec5')
  expect(scopes).toEqual([])
})

test('a run with an error of the device fails and leaves no tensor', async () => {
  const opened = await openTfjs('cpu')
  const before = memory().numTensors
  const engine = new TfjsEngine('tfjs-webgpu', 'cpu', 'a GPU', () => () => Promise.resolve('no vec5'))
  const executable = await engine.compile(program('double', { y: o.add(o.input('x', []), o.input('z', [])) }))
  const one = { shape: [], data: Float32Array.of(1) }
  await expect(executable.run({ x: one, z: one })).rejects.toThrow(
    expect.objectContaining({ _tag: 'EngineFailed', message: 'program "double": no vec5' }),
  )
  expect(memory().numTensors).toBe(before)
  await Promise.all([engine.close(), opened.close()])
})

test('a lost device fails the run in progress, which it may never answer, and every later call', async () => {
  const opened = await openTfjs('cpu')
  const before = memory().numTensors
  let [lose, answer, start]: [(loss: DeviceLoss) => void, () => void, () => void] = [() => {}, () => {}, () => {}]
  const lost = new Promise<DeviceLoss>((resolve) => (lose = resolve))
  const answered = new Promise<undefined>((resolve) => (answer = () => resolve(undefined)))
  const started = new Promise<void>((resolve) => (start = resolve))
  const watch = () => {
    start()
    return () => answered
  }
  const engine = new TfjsEngine('tfjs-webgpu', 'cpu', 'a GPU', watch, lost)
  const executable = await engine.compile(program('negative', { y: o.neg(o.input('x', [])) }))
  const kept = await engine.upload({ shape: [], data: Float32Array.of(1) })
  const loss = expect.objectContaining({
    _tag: 'EngineLost',
    message: 'the GPU device was lost: the driver crashed',
  }) as Error
  const interrupted = [executable.run({ x: kept }, ['y']), engine.read(kept)].map((call) =>
    expect(call).rejects.toThrow(loss),
  )
  await started
  lose({ message: 'the driver crashed' })
  await Promise.all(interrupted)
  await expect(engine.memory()).rejects.toThrow(loss)
  await expect(executable.run({ x: kept })).rejects.toThrow(loss)
  answer()
  executable.dispose()
  kept.dispose()
  await Promise.all([engine.close(), opened.close()])
  await vi.waitFor(() => expect(memory().numTensors).toBe(before), PATIENCE)
})

test('a failure that comes just before the report of the loss is a loss', async () => {
  const opened = await openTfjs('cpu')
  let lose: (loss: DeviceLoss) => void = () => {}
  const lost = new Promise<DeviceLoss>((resolve) => (lose = resolve))
  const failing = () => {
    queueMicrotask(() => queueMicrotask(() => lose({ message: 'reset' })))
    return Promise.reject(new Error('AbortError'))
  }
  const engine = new TfjsEngine('tfjs-webgpu', 'cpu', 'a GPU', () => failing, lost)
  const executable = await engine.compile(program('one', { y: o.neg(o.input('x', [])) }))
  await expect(executable.run({ x: { shape: [], data: Float32Array.of(1) } }, ['y'])).rejects.toThrow(
    expect.objectContaining({ _tag: 'EngineLost', message: 'the GPU device was lost: reset' }),
  )
  await Promise.all([engine.close(), opened.close()])
})
