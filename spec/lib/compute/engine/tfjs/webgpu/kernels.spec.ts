import { backend } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import type { Engine } from '#lib/compute/engine/engine.js'
import { openTfjs } from '#lib/compute/engine/tfjs/open-tfjs.js'
import type { Fused } from '#lib/compute/operation/operation.js'
import * as o from '#lib/compute/operation/index.js'
import type { HostTensor, Node, Shape } from '#lib/compute/program/node.js'
import { program } from '#lib/compute/program/program.js'
import { sizeOf } from '#lib/compute/program/shape.js'
import { expectClose } from '../../../reference/close.js'
import { interpret } from '../../../reference/interpret.js'

const x = (name: string, ...shape: Shape) => o.input(name, shape)
const places = (...shape: Shape) => o.input('positions', shape, 'int32')
const attended = (width: number, rows = 2) =>
  o.cachedAttention(
    { q: x('q', rows, 2, 1, width), k: x('k', rows, 1, 1, width), v: x('v', rows, 1, 1, width) },
    { keys: x('keys', rows, 1, 3, width), values: x('values', rows, 1, 3, width) },
    places(rows),
  )
const causal = (width: number) =>
  o.causalAttention(x('q', 1, 2, 40, width), x('k', 1, 1, 40, width), x('v', 1, 1, 40, width), { block: 16 })

const behind = o.causalAttention(x('q', 2, 2, 5, 8), x('k', 2, 1, 9, 8), x('v', 2, 1, 9, 8), {
  lengths: o.input('lengths', [2], 'int32'),
})

const fused: { readonly [K in Exclude<Fused, 'tokenStatistics' | 'quantizedMatmul'>]: Node } = {
  rmsNorm: o.rmsNorm(x('x', 3, 5), x('weight', 5), 1e-6),
  inverseRms: o.inverseRms(x('x', 3, 5), 1e-6),
  swiglu: o.swiglu(x('gate', 3, 5), x('up', 3, 5)),
  rope: o.rope(x('x', 2, 3, 4, 6), places(2, 4), { frequencies: [1, 0.2, 0.05], limit: 8, back: false }),
  causalAttention: causal(8),
  writeCache: o.writeCache(x('cache', 2, 1, 3, 4), x('entry', 2, 1, 1, 4), places(2)),
  cachedAttention: attended(8),
}

const fed = (node: Node<'input'>) => {
  const numbers = Array.from({ length: sizeOf(node.shape) }, (_, i) => i)
  return {
    shape: node.shape,
    data: node.dtype === 'int32' ? Int32Array.from(numbers, (i) => i % 4) : Float32Array.from(numbers, Math.sin),
  }
}

describe.runIf(inject('engines').includes('tfjs-webgpu'))('on WebGPU', () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await openTfjs('webgpu')
  })
  afterAll(() => engine.close())

  const run = async (y: Node, feed: Record<string, HostTensor>) => {
    const executable = await engine.compile(program('one', { y }))
    const shaders = vi.spyOn(backend() as unknown as { runWebGPUProgram: () => unknown }, 'runWebGPUProgram')
    const { host } = await executable.run(feed, ['y'])
    const dispatches = shaders.mock.calls.length
    shaders.mockRestore()
    executable.dispose()
    return { data: host['y']!.data, dispatches }
  }

  /** Number of dispatches of a case, after its result was checked. */
  const dispatches = async (y: Node): Promise<number> => {
    const one = program('one', { y })
    const feed = Object.fromEntries([...one.inputs].map(([name, node]) => [name, fed(node)]))
    const found = await run(y, feed)
    expectClose(found.data, interpret(one, feed)['y']!.data, 1e-5)
    return found.dispatches
  }

  test.each(Object.entries({ ...fused, 'causalAttention behind a prefix': behind }))(
    '%s is one dispatch',
    async (_, y) => {
      expect(await dispatches(y)).toBe(1)
    },
  )

  test.each([
    ['not a multiple of four', 6],
    ['wider than registers are', 132],
  ])('heads %s are attended to step by step', async (_, width) => {
    expect(await dispatches(causal(width))).toBeGreaterThan(1)
    expect(await dispatches(attended(width))).toBeGreaterThan(1)
  })

  test('more workgroups than a dispatch allows along one axis are spread over two', async () => {
    const rows = 33_000
    const y = attended(4, rows)
    const inputs = [...program('many', { y }).inputs].map(([name, node]) => [name, fed(node)] as const)
    const feed: Record<string, HostTensor> = {
      ...Object.fromEntries(inputs),
      positions: { shape: [rows], data: new Int32Array(rows) },
    }
    // A token with an empty cache attends only to itself, with the same value for both heads.
    const { data, dispatches } = await run(y, feed)
    expect(dispatches).toBe(1)
    expect(data.every((x, i) => x === feed['v']!.data[4 * Math.floor(i / 8) + (i % 4)])).toBe(true)
  })

  test('a position beyond the tables is refused', async () => {
    const { rope } = fused
    const executable = await engine.compile(program('turn', { rope }))
    const positions = { shape: [2, 4], data: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 8) }
    await expect(executable.run({ x: fed(x('x', 2, 3, 4, 6)), positions }, ['rope'])).rejects.toThrow(
      'program "turn": input "positions": the id 8 is out of the range 0 to 7',
    )
    executable.dispose()
  })

  test('layers share their tables', async () => {
    const before = await engine.memory()
    const positions = places(1, 4)
    const turned = (y: Node) => o.rope(y, positions, { frequencies: [1, 0.2, 0.05], limit: 8, back: false })
    const twice = turned(turned(x('x', 1, 1, 4, 6)))
    const executable = await engine.compile(program('turned twice', { twice }))
    expect((await engine.memory()).tensors - before.tensors).toBe(2)
    executable.dispose()
  })
})
