import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere, entrainWellHere } from '../in-process.js'
import { expectMessage, PATIENCE, start } from '../process.js'
import { writeTinyLanguageModel } from '../tiny-language-model.js'

/** Total of a plan by its name. */
const totalOf = (text: string, name: string): string => new RegExp(`^ {2}${name} {2,}(.*)$`, 'm').exec(text)?.[1] ?? ''
const kernelsOf = (text: string): readonly string[] => text.split('\n').filter((line) => /^ {2}#\d/.test(line))

/** Option of Node.js with which the import of the package `webgpu` fails. */
const withoutWebgpu = (() => {
  const hooks = `export const resolve = (name, context, next) => {
    if (name === "webgpu") throw new Error("the package webgpu is not installed")
    return next(name, context)
  }`
  const loader = `import { register } from 'node:module'; register('data:text/javascript,${encodeURIComponent(hooks)}')`
  return `--import=data:text/javascript,${encodeURIComponent(loader)}`
})()

it(
  'prints the kernels of a training pass, in a process without the package webgpu',
  { timeout: PATIENCE },
  async () => {
    const argv = ['plan', 'countdown', '--rows', '4', '--length', '8']
    const { code, stdout, stderr } = await start(argv, undefined, { NODE_OPTIONS: withoutWebgpu }).ended
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^countdown, program train ppo-clip 4x8 behind 4x1:\n/)
    const kernels = kernelsOf(stdout)
    expect(totalOf(stdout, 'dispatches')).toBe(String(kernels.length))
    expect(kernels.length).toBeGreaterThan(100)
    expect(kernels.some((line) => / matmul .*model\.layers\.0\.self_attn\.q_proj\.weight/.test(line))).toBe(true)
    expect(totalOf(stdout, 'arena')).toMatch(/^[\d.]+ MB, of which [\d.]+ MB are alive at the same time$/)
    expect(totalOf(stdout, 'copied to the host per run')).toMatch(/^24 bytes/)
  },
)

it('plans the other programs', { timeout: PATIENCE }, async () => {
  const optimiser = await entrainWellHere('plan', 'countdown', '--program', 'adamw')
  expect(kernelsOf(optimiser.stdout).length).toBeLessThanOrEqual(12)
  expect(optimiser.stdout).toMatch(/ gradient\.model\.embed_tokens\.weight and \d+ more/)
  const decode = await entrainWellHere('plan', 'countdown', '--program', 'decode', '--rows', '16')
  expect(decode.stdout).toMatch(/ cachedAttention .*keys\.0/)
  // A token and a position of each sequence.
  expect(totalOf(decode.stdout, 'copied to the GPU per run')).toBe(`${16 * 2 * 4} bytes`)
  const prefill = await entrainWellHere('plan', 'countdown', '--program', 'prefill', '--rows', '2', '--length', '4')
  expect(prefill.stdout).toMatch(/^countdown, program prefill 2x4:\n/)
})

it('plans a Hugging Face folder with new adapters, which train alone', { timeout: PATIENCE }, async () => {
  const folder = join(await temporaryFolder(), 'model')
  await writeTinyLanguageModel(folder)
  const { stdout } = await entrainWellHere('plan', folder, '--program', 'adamw', '--lora-rank', '2')
  expect(stdout).toMatch(/\.lora_[AB]\.weight\b/)
  expect(stdout).not.toContain('embed_tokens')
})

it('refuses what it cannot plan', { timeout: PATIENCE }, async () => {
  expectMessage(await entrainHere('plan'), 2, 'MODEL: missing\nSee entrain plan --help.')
  expectMessage(
    await entrainHere('plan', 'countdown', '--program', 'sample'),
    2,
    '--program: found "sample", expected one of train, adamw, prefill, decode',
  )
  expectMessage(
    await entrainHere('plan', 'countdown', '--program', 'adamw', '--rows', '4'),
    2,
    '--rows: has no effect on the program adamw',
  )
  expectMessage(await entrainHere('plan', 'nowhere'), 1, /^error: nowhere: found /)
})
