import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DecoderConfigCodec, type DecoderConfig } from '#lib/model/decoder-config.js'
import { initialLora, type LoraConfig, loraNames } from '#lib/model/lora/lora.js'
import { layerPrefix, mergeProgram, withoutAdapters } from '#lib/model/lora/merge.js'
import { adapterShapes, initialWeights, weightShapes, trainedShapes } from '#lib/model/weights.js'
import { accumulateProgram, GRADIENT, trainProgram } from '#lib/model/program/train.js'
import { supervised } from '#lib/objective/supervised.js'
import json from '../../../golden/lora.json' with { type: 'json' }
import { expectClose, expectRelative } from '../../compute/reference/close.js'
import { type ReferenceTensor, sizeOf } from '../../compute/reference/tensor.js'
import { fullPass } from '../full-pass.js'
import { feedOf, floats, golden, goldenShape, goldenWeights, ints } from '../golden.js'
import { batch } from '../golden-training.js'
import { doublePrecision, type Runner } from '../runner.js'
import { runners } from '../runners.js'

/** Output of bench/reference/lora.py. */
const { lora, logits, loss, gradients } = json as unknown as {
  readonly lora: LoraConfig
  readonly logits: readonly number[]
  readonly loss: number
  readonly gradients: Readonly<Record<string, readonly number[]>>
}
const config: DecoderConfig = { ...golden.config, lora }
const [B, T] = golden.shape
const shapes = adapterShapes(config)
/** Weights of the script: element i of the n-th is 0.3 sin(2 + n + 0.9 i). */
const adapters = new Map(
  [...shapes].map(([name, shape], n) => [
    name,
    floats(
      shape,
      Float64Array.from({ length: sizeOf(shape) }, (_, i) => 0.3 * Math.sin(2 + n + 0.9 * i)),
    ),
  ]),
)
const feed = { ...feedOf(goldenWeights), ...feedOf(adapters) }
const train = trainProgram(config, supervised(), goldenShape())
const trainFeed = { ...feed, ...batch }
const read = Object.fromEntries(Object.entries(trainFeed).filter(([name]) => train.inputs.has(name)))

describe.each(runners)('adapters in $name', ({ open, tolerance }) => {
  let runner: Runner
  beforeAll(async () => {
    runner = await open()
  })
  afterAll(() => runner.close())

  it('give PEFT’s logits', async () => {
    const found = await runner.run(fullPass(config, B, T), { ...feed, tokens: ints([B, T], golden.tokens) })
    expectRelative(found['logits']!.data, logits, tolerance)
  })

  it('give PEFT’s logits when they are merged into the weights', async () => {
    const merge = mergeProgram(config)
    const merged: Record<string, ReferenceTensor> = feedOf(goldenWeights)
    for (let layer = 0; layer < config.layers; layer++) {
      const prefix = layerPrefix(layer)
      const inputs = [...merge.inputs.keys()].map((name) => [name, feed[prefix + name]!] as const)
      const found = await runner.run(merge, Object.fromEntries(inputs))
      for (const [name, tensor] of Object.entries(found)) merged[prefix + name] = tensor
    }
    const whole = fullPass(withoutAdapters(config), B, T)
    const found = await runner.run(whole, { ...merged, tokens: ints([B, T], golden.tokens) })
    expectRelative(found['logits']!.data, logits, tolerance)
  })

  it('give PEFT’s loss and the gradients of autograd', async () => {
    const found = await runner.run(train, read)
    expectRelative([found['loss']!.data[0]!], [loss], tolerance)
    for (const [name, expected] of Object.entries(gradients))
      expectRelative(found[GRADIENT + name]!.data, expected, tolerance)
  })
})

describe('adapters', () => {
  it('are the only weights that train', () => {
    expect(Object.keys(gradients)).toEqual([...shapes.keys()])
    expect([...trainedShapes(config)]).toEqual([...shapes])
    const outputs = [...train.outputs.keys()].filter((name) => name.startsWith(GRADIENT))
    expect(outputs).toEqual([...shapes.keys()].map((name) => GRADIENT + name))
    expect([...accumulateProgram(config).outputs.keys()]).toEqual(outputs)
    expect([...trainedShapes(golden.config)]).toEqual([...weightShapes(golden.config)])
  })

  it('come after all other weights', () => {
    expect([...weightShapes(config)]).toEqual([...weightShapes(golden.config), ...shapes])
    expect(loraNames('model.layers.0.mlp.up_proj.weight').a).toBe('model.layers.0.mlp.up_proj.lora_A.weight')
    expect(shapes.get('model.layers.1.mlp.down_proj.lora_A.weight')).toEqual([2, 12])
    expect(shapes.get('model.layers.1.mlp.down_proj.lora_B.weight')).toEqual([8, 2])
  })

  it('do not change the output at first, and are drawn by seed', async () => {
    const fresh = initialLora(shapes, 7)
    const bare = { ...feedOf(goldenWeights), tokens: ints([B, T], golden.tokens) }
    const adapted = {
      ...bare,
      ...Object.fromEntries([...fresh].map(([name, { shape, data }]) => [name, floats(shape, data)])),
    }
    const [found, expected] = [
      await doublePrecision.run(fullPass(config, B, T), adapted),
      await doublePrecision.run(fullPass(golden.config, B, T), bare),
    ]
    expectClose(found['logits']!.data, expected['logits']!.data, 0)
    expect(initialLora(shapes, 7)).toEqual(fresh)
    expect(initialLora(shapes, 8)).not.toEqual(fresh)
  })

  it('are initially between -1 / sqrt(in) and 1 / sqrt(in)', () => {
    const data = [...initialLora(new Map([['x.lora_A.weight', [64, 16]]]), 1).get('x.lora_A.weight')!.data]
    expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(0.25)
    expect(Math.max(...data)).toBeGreaterThan(0.24)
    expect(Math.min(...data)).toBeLessThan(-0.24)
  })

  it('do not change the draws of the model’s other weights', () => {
    const [plain, adapted] = [initialWeights(golden.config, 3), initialWeights(config, 3)]
    for (const [name, tensor] of plain) expect(adapted.get(name)).toEqual(tensor)
    expect([...adapted.keys()]).toEqual([...weightShapes(config).keys()])
  })

  it('are part of a configuration', () => {
    expect(DecoderConfigCodec.decode(config)).toMatchObject({ _tag: 'Right', right: config })
    for (const wrong of [
      { ...lora, rank: 0 },
      { ...lora, targets: [] },
      { ...lora, targets: ['lm_head'] },
    ])
      expect(DecoderConfigCodec.decode({ ...config, lora: wrong })._tag).toBe('Left')
  })
})
