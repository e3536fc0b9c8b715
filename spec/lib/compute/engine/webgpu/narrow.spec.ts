import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { bytesOf, layOut } from '#lib/checkpoint/safetensors.js'
import { openSafetensors } from '#lib/checkpoint/safetensors-file.js'
import type { Engine } from '#lib/compute/engine/engine.js'
import { WebgpuEngine } from '#lib/compute/engine/webgpu/webgpu-engine.js'
import { inWorker } from '#lib/compute/engine/worker/in-worker.js'
import * as o from '#lib/compute/operation/index.js'
import type { HostTensor, NarrowFormat, Program } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { sizeOf } from '#lib/compute/program/shape.js'
import { withAdapters, freshAdapters } from '#lib/model/lora/adapters.js'
import { trainProgram } from '#lib/model/program/train.js'
import { initialWeights, trainedShapes, weightShapes } from '#lib/model/weights.js'
import { ppoClip } from '#lib/objective/ppo-clip.js'
import { orThrow } from '#lib/or-throw.js'
import { uploadWeights } from '#lib/policy/local/upload.js'
import { noise } from '../../reference/case.js'
import { temporaryFolder } from '../../../run/temporary.js'
import { fakeDevice } from './fake-device.js'

/** Numbers that the format holds exactly: each has seven binary digits. Some are below the smallest normal float16. */
const exact = (shape: readonly number[], narrow: NarrowFormat, seed = 1): HostTensor => {
  const drawn = noise(sizeOf(shape), seed)
  const data = Float32Array.from(drawn, (x, i) => (Math.round(128 * (x - 0.5)) * (i % 7 === 0 ? 2 ** -24 : 1)) / 64)
  if (narrow === 'float16') data.forEach((x, i) => (data[i] = Math.abs(x) < 2 ** -17 ? 2 ** -24 * (i % 1023) : x))
  return { shape, data, narrow }
}
const widened = ({ shape, data }: HostTensor): HostTensor => ({ shape, data })

const config = {
  vocabulary: 24,
  width: 16,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headWidth: 8,
  feedForward: 20,
  ropeTheta: 10_000,
  normEpsilon: 1e-6,
  lora: { rank: 2, alpha: 4, targets: ['q_proj', 'down_proj'] as const },
}

describe.each(['float16', 'bfloat16'] as const)('tensors in %s', (narrow) => {
  test('take half of the memory, and are read as they were', async () => {
    const engine = new WebgpuEngine(fakeDevice().device, 'a GPU')
    const given = exact([3, 5], narrow)
    const tensor = await engine.upload(given)
    expect(await engine.memory()).toEqual({ tensors: 1, bytes: 2 * 16 })
    expect(await engine.read(tensor)).toEqual(given)
  })

  test('are float32 if the format does not hold each of their numbers', async () => {
    const engine = new WebgpuEngine(fakeDevice().device, 'a GPU')
    const given = { shape: [2], data: Float32Array.of(1, 1 + 2 ** -20), narrow }
    const tensor = await engine.upload(given)
    expect(await engine.memory()).toEqual({ tensors: 1, bytes: 8 })
    expect((await engine.read(tensor)).data).toEqual(given.data)
  })

  test('frozen matrices of a model with adapters keep the format, and all other weights are float32', async () => {
    const engine = new WebgpuEngine(fakeDevice().device, 'a GPU')
    const { lora, ...base } = config
    const weights = new Map([...weightShapes(base)].map(([name, shape]) => [name, exact(shape, narrow)]))
    const source = withAdapters({ config: base, weights, metadata: {} }, freshAdapters(base, lora, 1))
    await uploadWeights(engine, source)
    const trained = trainedShapes(source.config)
    const bytes = [...weightShapes(source.config)].map(
      ([name, shape]) => (trained.has(name) || shape.length < 2 ? 4 : 2) * sizeOf(shape),
    )
    expect((await engine.memory()).bytes).toBe(bytes.reduce((a, b) => a + b))
  })

  test('are marked when they are read from a file', async () => {
    const dtype = narrow === 'float16' ? 'F16' : 'BF16'
    const { shape, data } = exact([4, 4], narrow)
    const { header } = layOut(new Map([['x', { shape, dtype }]]), {})
    const file = join(await temporaryFolder(), 'x.safetensors')
    await writeFile(file, Buffer.concat([header, bytesOf(data, dtype)]))
    const { tensors } = await orThrow(openSafetensors(file, 'a file'))
    for await (const [, tensor] of tensors(['x'])) expect(tensor).toEqual({ shape, data, narrow })
  })
})

describe.runIf(inject('engines').includes('webgpu'))('programs on tensors of 16 bits', { timeout: 120_000 }, () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await inWorker('webgpu')
  })
  afterAll(() => engine.close())

  const resultsOf = async (whole: Program, inputs: Readonly<Record<string, HostTensor>>) => {
    const executable = await engine.compile(whole)
    const run = async (change: (tensor: HostTensor) => HostTensor) => {
      const uploaded = await Promise.all(
        Object.entries(inputs).map(async ([name, tensor]) => [name, await engine.upload(change(tensor))] as const),
      )
      const { host } = await executable.run(Object.fromEntries(uploaded), [...whole.outputs.keys()])
      for (const [, tensor] of uploaded) tensor.dispose()
      return host
    }
    const [narrow, wide] = [await run((tensor) => tensor), await run(widened)]
    executable.dispose()
    return { narrow, wide }
  }

  test.each(['float16', 'bfloat16'] as const)('compute from %s what they compute from float32', async (format) => {
    const [weight, x] = [o.input('weight', [9, 7]), o.input('x', [5, 7])]
    const heads = o.input('heads', [1, 1, 3, 4])
    const outputs = {
      product: o.matmul(x, o.transpose(weight, [1, 0])),
      rows: o.gather(weight, o.input('ids', [4], 'int32')),
      negative: o.neg(weight),
      sum: o.sum(weight, [0]),
      itself: weight,
      attention: o.causalAttention(heads, heads, heads),
    }
    const { narrow, wide } = await resultsOf(program('narrow', outputs), {
      weight: exact([9, 7], format),
      x: widened(exact([5, 7], format, 2)),
      heads: exact([1, 1, 3, 4], format, 3),
      ids: { shape: [4], data: Int32Array.of(8, 0, 3, 3) },
    })
    expect(narrow).toEqual(wide)
    expect(wide['itself']!.data).toEqual(exact([9, 7], format).data)
  })

  test('train adapters on frozen weights in bfloat16 with the gradients of float32', async () => {
    const trained = trainedShapes(config)
    const weights = [...initialWeights(config, 3)].map(([name, tensor]) => [
      name,
      trained.has(name)
        ? { ...tensor, data: tensor.data.map((_, i) => ((i % 5) - 2) / 16) }
        : exact(tensor.shape, 'bfloat16', name.length),
    ])
    const train = trainProgram(config, ppoClip(), { prompts: 2, promptLength: 2, rows: 2, length: 4 })
    const batch = [...train.inputs].flatMap(([name, { shape, dtype }]) => {
      const length = sizeOf(shape)
      if (weightShapes(config).has(name)) return []
      if (name === 'lengths') return [[name, { shape, data: new Int32Array(length).fill(2) }]]
      const data =
        dtype === 'int32' ? new Int32Array(length).fill(1) : Float32Array.from({ length }, (_, i) => (i % 3) / 2)
      return [[name, { shape, data }]]
    })
    const { narrow, wide } = await resultsOf(
      train,
      Object.fromEntries([...weights, ...batch]) as Record<string, HostTensor>,
    )
    expect(narrow).toEqual(wide)
    expect(Object.values(wide).some(({ data }) => data.some((x) => x !== 0 && Number.isFinite(x)))).toBe(true)
    expect(await engine.memory()).toEqual({ tensors: 0, bytes: 0 })
  })
})
