import { describe, expect, it } from 'vitest'
import { trainDefaults } from '#cli/config/train-config.js'
import { changedEngine, isBandChangedSince, resumedConfig } from '#cli/training/resumed-config.js'

const change = (setting: string) => ({ setting, before: 1, now: 2 })
const resumption = (step: number, ...settings: readonly string[]) => ({ step, time: 0, changed: settings.map(change) })

describe('isBandChangedSince', () => {
  it.each([
    ['the band changes now', [], ['band.low'], true],
    ['the whole band changes now', [], ['band'], true],
    ['another setting changes now', [resumption(2)], ['bandwidth', 'learningRate'], false],
    ['the band changed when the run was resumed from this checkpoint', [resumption(4, 'band.low')], [], true],
    ['it was resumed from there again', [resumption(4, 'band.low'), resumption(4)], [], true],
    ['the band changed at a later checkpoint, and the run goes back', [resumption(8, 'band.low')], [], true],
    ['the band changed before the checkpoint was written', [resumption(2, 'band.low')], [], false],
    ['the run went back, and has written this one since', [resumption(8, 'band.low'), resumption(2)], [], false],
  ] as const)('if %s', (_, resumptions, settings, expected) => {
    expect(isBandChangedSince(4, resumptions, settings.map(change))).toBe(expected)
  })
})

describe('resumedConfig', () => {
  const on = (learner: string | null) => ({ ...trainDefaults, learner })
  const service = on('tinker+http://10.0.0.8:8000')

  it('lets the address of a service change, because the weights have an address of their own', () => {
    const moved = on('tinker+http://10.0.0.9:8000')
    expect(resumedConfig(service, moved)).toEqual(moved)
  })

  it('refuses to train elsewhere than before', () => {
    expect(() => resumedConfig(service, on(null))).toThrow(
      'learner: found null, expected "tinker+http://10.0.0.8:8000", because a resumed run cannot change it',
    )
    expect(() => resumedConfig(on(null), service)).toThrow(
      'learner: found "tinker+http://10.0.0.8:8000", expected null',
    )
  })
})

describe('changedEngine', () => {
  const before = { name: 'onnx', device: null, threads: 4 }

  it('names another number of threads, and another engine', () => {
    expect(changedEngine(before, { ...before, threads: 2 }, [])).toEqual([{ setting: 'threads', before: 4, now: 2 }])
    expect(changedEngine(before, { name: 'tfjs-wasm', device: null, threads: null }, [])).toEqual([
      { setting: 'engine', before: 'onnx', now: 'tfjs-wasm' },
    ])
    const gpu = { name: 'onnx-cuda', device: 'GPU 0', threads: null }
    expect(changedEngine(gpu, { ...gpu, device: 'GPU 1' }, [])).toEqual([
      { setting: 'gpu', before: 'GPU 0', now: 'GPU 1' },
    ])
  })

  it('leaves out the settings that the configuration changes, and knows nothing of an earlier version', () => {
    expect(changedEngine(before, { ...before, threads: 2 }, [change('threads')])).toEqual([])
    expect(changedEngine(before, before, [])).toEqual([])
    expect(changedEngine(null, before, [])).toEqual([])
  })
})
