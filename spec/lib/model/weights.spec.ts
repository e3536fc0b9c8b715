import { describe, expect, it } from 'vitest'
import { scoreProgram } from '#lib/model/program/score.js'
import { initialWeights, mapWeights, weightFeed, namedInputs, weightShapes } from '#lib/model/weights.js'
import { golden } from './golden.js'

const config = { ...golden.config, vocabulary: 50, width: 48, layers: 3, feedForward: 96 }
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0) / values.length

describe('weightShapes', () => {
  it('names the weights as Hugging Face does, in the same order', () => {
    expect([...weightShapes(golden.config).keys()]).toEqual(Object.keys(golden.steps[0].gradients))
  })

  it('lays them out as Hugging Face does', () => {
    const shapes = weightShapes({ ...golden.config, layers: 1 })
    const layer = (name: string) => shapes.get(`model.layers.0.${name}.weight`)
    expect(shapes.size).toBe(13)
    expect(shapes.get('model.embed_tokens.weight')).toEqual([11, 8])
    expect(layer('self_attn.q_proj')).toEqual([16, 8])
    expect(layer('self_attn.k_proj')).toEqual([8, 8])
    expect(layer('self_attn.q_norm')).toEqual([4])
    expect(layer('self_attn.o_proj')).toEqual([8, 16])
    expect(layer('mlp.gate_proj')).toEqual([12, 8])
    expect(layer('mlp.down_proj')).toEqual([8, 12])
  })

  it('are those of other families for their networks', () => {
    const llama = { ...golden.config, layers: 1, headNorms: false, tiedHead: false }
    const names = [...weightShapes(llama).keys()]
    expect(names.filter((name) => name.includes('q_norm') || name.includes('k_norm'))).toEqual([])
    expect(names.at(-1)).toBe('lm_head.weight')
    expect(weightShapes(llama).get('lm_head.weight')).toEqual([11, 8])
    const qwen2 = weightShapes({ ...golden.config, layers: 1, attentionBias: true })
    const bias = (name: string) => qwen2.get(`model.layers.0.self_attn.${name}_proj.bias`)
    expect([bias('q'), bias('k'), bias('v'), bias('o')]).toEqual([[16], [8], [8], undefined])
  })

  it('are the inputs of a program, besides its prompts and completions', () => {
    const { inputs } = scoreProgram(golden.config, { prompts: 1, promptLength: 1, rows: 1, length: 2 })
    const sequences = ['prompts', 'targets', 'prompt', 'lengths']
    expect([...inputs.keys()].sort()).toEqual([...weightShapes(golden.config).keys(), ...sequences].sort())
    for (const [name, node] of namedInputs(weightShapes(golden.config))) {
      expect(node.attributes.name).toBe(name)
      expect(inputs.get(name)!.shape).toEqual(node.shape)
    }
  })
})

describe('initialWeights', () => {
  it('have biases of 0', () => {
    for (const [name, { data }] of initialWeights({ ...config, attentionBias: true }, 5))
      if (name.endsWith('.bias')) expect(new Set(data)).toEqual(new Set([0]))
  })

  const weights = initialWeights(config, 5)

  it('have the shapes of the model', () => {
    expect(mapWeights(weights, ({ shape }) => shape)).toEqual(weightShapes(config))
    for (const { shape, data } of weights.values()) expect(data).toHaveLength(shape.reduce((a, b) => a * b, 1))
  })

  it('are equal for equal seeds and differ for different seeds', () => {
    expect(initialWeights(config, 5)).toEqual(weights)
    const others = initialWeights(config, 6)
    for (const [name, { data }] of weights) if (!name.includes('norm')) expect(others.get(name)!.data).not.toEqual(data)
  })

  it('differ from weight to weight', () => {
    const [up, gate] = ['up_proj', 'gate_proj'].map((name) => weights.get(`model.layers.0.mlp.${name}.weight`)!.data)
    const products = up!.map((x, i) => (x * gate![i]!) / 0.02 ** 2)
    expect(Math.abs(mean(products)) * Math.sqrt(up!.length)).toBeLessThan(4)
  })

  it.each([...weights])('%s has the expected standard deviation', (name, { data }) => {
    if (name.includes('norm')) {
      expect(new Set(data)).toEqual(new Set([1]))
      return
    }
    const residual = name.includes('o_proj') || name.includes('down_proj')
    const scaled = Array.from(data, (x) => x / (residual ? 0.02 / Math.sqrt(6) : 0.02))
    // Within 4 standard errors of a normal distribution's moments.
    const error = Math.sqrt(data.length)
    expect(Math.abs(mean(scaled)) * error).toBeLessThan(4)
    expect(Math.abs(mean(scaled.map((x) => x ** 2)) - 1) * error).toBeLessThan(4 * Math.sqrt(2))
    expect(Math.abs(mean(scaled.map((x) => x ** 4)) - 3) * error).toBeLessThan(4 * Math.sqrt(96))
  })
})

describe('weightFeed', () => {
  it('names tensors, with an optional prefix', () => {
    const tensor = { shape: [1], data: Float32Array.of(2) }
    expect(weightFeed(new Map([['w', tensor]]))).toEqual({ w: tensor })
    expect(weightFeed(new Map([['w', tensor]]), 'first.')).toEqual({ 'first.w': tensor })
  })
})
