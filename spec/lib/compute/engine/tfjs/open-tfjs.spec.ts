import { copyRegisteredKernels, getBackend, memory, registerBackend, removeBackend } from '@tensorflow/tfjs-core'
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { TfjsBackend } from '#lib/compute/engine/engines.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import * as o from '#lib/compute/operation/index.js'
import { program } from '#lib/compute/program/program.js'
import { installed } from './installed.js'

/** Registers the backend `tensorflow`, as the packages for Node.js do when they are imported. */
class FakeTensorFlow extends MathBackendCPU {
  constructor(readonly isUsingGpuDevice: boolean) {
    super()
  }
}
const fakePackage = (make: () => MathBackendCPU) => {
  const imported: string[] = []
  const load = (name: string) => {
    imported.push(name)
    registerBackend('tensorflow', make)
    return Promise.resolve({})
  }
  return { load, imported }
}
const thrown = (error: Error) => ({ load: () => Promise.reject(error) })
const withCode = (code: string, message: string) => Object.assign(new Error(message), { code })
const missing = (message: unknown) =>
  expect.objectContaining({ name: 'PipelineError', _tag: 'EngineMissing', message }) as Error

const halve = program('halve', { y: o.mul(o.input('x', [2]), o.constant(Float32Array.of(0.5, 0.5), [2])) })
const x = { shape: [2], data: Float32Array.of(1, 2) }

beforeAll(() => copyRegisteredKernels('cpu', 'tensorflow'))
afterEach(() => {
  vi.unstubAllEnvs()
  if (getBackend() === 'tensorflow') removeBackend('tensorflow')
})

test.each<[TfjsBackend, string]>([
  ['node', '@tensorflow/tfjs-node'],
  ['node-gpu', '@tensorflow/tfjs-node-gpu'],
])('%s imports %s, which is then what computes', async (backend, packageName) => {
  const { load, imported } = fakePackage(() => new FakeTensorFlow(backend === 'node-gpu'))
  const before = memory().numTensors
  const engine = await openTfjs(backend, { load })
  expect(imported).toEqual([packageName])
  expect(engine.name).toBe(`tfjs-${backend}`)
  expect(getBackend()).toBe('tensorflow')
  const executable = await engine.compile(halve)
  expect((await executable.run({ x }, ['y'])).host.y!.data).toEqual(Float32Array.of(0.5, 1))
  await engine.close()
  expect(memory().numTensors).toBe(before)
})

describe('tfjs-node-gpu', () => {
  const environment = () => [process.env['CUDA_VISIBLE_DEVICES'], process.env['CUDA_DEVICE_ORDER']]

  test('shows TensorFlow the GPU that is chosen, before the package is imported', async () => {
    for (const name of ['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER']) vi.stubEnv(name, undefined)
    let seen: unknown
    const { load } = fakePackage(() => {
      seen = environment()
      return new FakeTensorFlow(true)
    })
    const engine = await openTfjs('node-gpu', { load, gpu: 2 })
    expect(seen).toEqual(['2', 'PCI_BUS_ID'])
    expect(engine.device).toBe('GPU 2')
    await engine.close()
  })

  test('leaves the environment as it was if it does not open', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined)
    await expect(openTfjs('node-gpu', { ...thrown(new Error('broken')), gpu: 2 })).rejects.toThrow('broken')
    expect(process.env['CUDA_VISIBLE_DEVICES']).toBeUndefined()
  })

  test('computes on the CPU if every GPU is hidden, and says so; it is not chosen for that', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '-1')
    const { load } = fakePackage(() => new FakeTensorFlow(false))
    const engine = await openTfjs('node-gpu', { load })
    expect(engine.device).toBe('on the CPU, because CUDA_VISIBLE_DEVICES hides every GPU')
    await engine.close()
    await expect(openTfjs('node-gpu', { load, hardware: true })).rejects.toThrow(
      missing(expect.stringContaining('TensorFlow finds no GPU')),
    )
  })
})

test.each<[TfjsBackend, string]>([
  ['cpu', 'tfjs-cpu'],
  ['wasm', 'tfjs-wasm'],
])('%s comes with this package', async (backend, name) => {
  const engine = await openTfjs(backend)
  expect([engine.name, getBackend()]).toEqual([name, backend])
  await engine.close()
})

test('a failed read leaves no tensor on the device', async () => {
  let lost = false
  class Losable extends FakeTensorFlow {
    override read(id: object) {
      return lost ? Promise.reject(new Error('the device is lost')) : super.read(id)
    }
  }
  const engine = await openTfjs(
    'node',
    fakePackage(() => new Losable(false)),
  )
  const executable = await engine.compile(halve)
  const before = memory().numTensors
  lost = true
  await expect(executable.run({ x }, ['y'])).rejects.toThrow(
    expect.objectContaining({ _tag: 'EngineFailed', message: 'program "halve": Error: the device is lost' }),
  )
  expect(memory().numTensors).toBe(before)
  await engine.close()
})

describe('an error with a remedy, if', () => {
  const name = '@tensorflow/tfjs-node'

  test.each([
    ['Node.js', withCode('ERR_MODULE_NOT_FOUND', `Cannot find package '${name}' imported from /somewhere.js`)],
    ['Vite', new Error(`Could not resolve "${name}" imported by "entrain". Is it installed?`)],
    ['a browser', new TypeError(`Failed to resolve module specifier '${name}'`)],
  ])('the package is not installed, as %s says', async (_, error) => {
    await expect(openTfjs('node', thrown(error))).rejects.toThrow(
      missing(`${name} is not installed: npm install ${name}`),
    )
  })

  test.skipIf(installed(name))('the package is really not installed', async () => {
    await expect(inWorker('tfjs-node')).rejects.toThrow(missing(`${name} is not installed: npm install ${name}`))
  })

  test.each([
    [
      'the binding was never built',
      new Error(
        `The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node. \nPlease run`,
      ),
      'The Node.js native addon module (tfjs_binding.node) can not be found at path: /x/tfjs_binding.node.',
    ],
    [
      'the binding lacks its library',
      withCode('ERR_DLOPEN_FAILED', 'libtensorflow.so.2: cannot open shared object file: No such file or directory'),
      'libtensorflow.so.2: cannot open shared object file: No such file or directory',
    ],
  ])('%s', async (_, error, found) => {
    await expect(openTfjs('node', thrown(error))).rejects.toThrow(
      missing(
        `${name} is installed without its native part, or it does not load (${found}); ` +
          `run its install script, which downloads it: npm rebuild ${name} --ignore-scripts=false`,
      ),
    )
  })

  test('Node.js is too new for the package, which shows at the first kernel', async () => {
    class TooOld extends FakeTensorFlow {
      override write(): never {
        throw new TypeError('(0 , util_1.isNullOrUndefined) is not a function')
      }
    }
    await expect(
      openTfjs(
        'node',
        fakePackage(() => new TooOld(false)),
      ),
    ).rejects.toThrow(
      missing(
        `${name} calls util.isNullOrUndefined, which Node.js 23 removed; ` +
          `this is Node.js ${process.versions.node}: use Node.js 20 or 22`,
      ),
    )
  })

  test('there is no GPU', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined)
    const { load } = fakePackage(() => new FakeTensorFlow(false))
    await expect(openTfjs('node-gpu', { load })).rejects.toThrow(
      missing(expect.stringContaining('TensorFlow finds no GPU')),
    )
  })

  test('another exception becomes EngineFailed with its message', async () => {
    const cause = new Error('out of luck')
    await expect(openTfjs('node', thrown(cause))).rejects.toThrow(
      expect.objectContaining({ _tag: 'EngineFailed', message: `${name} does not start: out of luck`, cause }),
    )
    const broken = fakePackage(() => {
      throw new Error('no memory')
    })
    await expect(openTfjs('node', broken)).rejects.toThrow(expect.objectContaining({ _tag: 'EngineFailed' }))
  })
})
