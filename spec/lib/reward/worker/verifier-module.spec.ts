import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { firstValueFrom, from } from 'rxjs'
import { afterEach, describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import type { Completion } from '#lib/rollout/completion.js'
import {
  type VerifierFromModule,
  verifierFromModule,
  type VerifierModuleOptions,
} from '#lib/reward/worker/verifier-module.js'
import { temporaryFolder } from '../../run/temporary.js'

const PATIENCE = 120_000
const opened: VerifierFromModule[] = []
afterEach(() => Promise.all(opened.splice(0).map((each) => each.close())))

const moduleOf = async (source: string, name = 'mine.mjs'): Promise<string> => {
  const file = join(await temporaryFolder(), name)
  await writeFile(file, source)
  return file
}
const open = async (source: string, options: VerifierModuleOptions = {}): Promise<VerifierFromModule> => {
  const verifier = await orThrow(verifierFromModule(await moduleOf(source), options))
  opened.push(verifier)
  return verifier
}
const prompt = { id: 'p', text: '1 + 1?', tokens: [1], reference: '2' }
const completionOf = (text: string): Completion => ({
  tokens: Int32Array.of(1),
  logprobs_T: Float32Array.of(-1),
  text,
  finish: 'stop',
  version: 0,
})
const judge = ({ verifier }: VerifierFromModule, text: string) =>
  firstValueFrom(from(verifier(prompt, completionOf(text))))

const verdict = '({ value: text === prompt.reference ? 1 : 0, correct: text === prompt.reference })'

describe('verifierFromModule', { timeout: PATIENCE }, () => {
  it.each([
    ['a verdict', `export const verifier = (prompt, { text }) => ${verdict}`],
    ['a promise', `export const verifier = async (prompt, { text }) => ${verdict}`],
    ['a list', `export const verifier = (prompt, { text }) => [${verdict}]`],
    ['the default export', `export default (prompt, { text }) => ${verdict}`],
    [
      'output of its own',
      `console.log('loaded'); export default (prompt, { text }) => (console.log('called'), ${verdict})`,
    ],
  ])('judges with %s', async (_, source) => {
    const module = await open(source)
    expect(module.rewardScale).toBe('signed')
    expect(await judge(module, '2')).toEqual({ value: 1, correct: true })
    expect(await judge(module, '3')).toEqual({ value: 0, correct: false })
  })

  it('reads the scale of the rewards, also for a check that exceeds its time', async () => {
    const module = await open(`export const rewardScale = 'binary'; export default () => { for (;;); }`, {
      timeLimit: 100,
    })
    expect(module.rewardScale).toBe('binary')
    expect(await judge(module, '2')).toEqual({ value: 0, correct: false, fault: 'timed-out' })
  })

  it('passes on the error of the verifier', async () => {
    const module = await open(`export default () => { throw new Error('no') }`)
    await expect(judge(module, '2')).rejects.toThrow('no')
  })

  const expected = ', expected a module that exports a function verifier(prompt, completion), and '
  it.each([
    ['export const other = 1', `found exports other: number${expected}`],
    ['', `found no exports${expected}`],
    ['export default 3', `found exports default: number${expected}`],
    ['export default {}; export const verifier = {}', 'verifier: object'],
    [`export default () => 1; export const rewardScale = 'big'`, 'found rewardScale "big", expected '],
    ['export default (', 'SyntaxError'],
    [`import 'no-such-package'; export default () => 1`, `no-such-package`],
    [`throw new Error('broken at load')`, 'broken at load'],
    ['process.exit(3)', 'exit code 3'],
  ])('refuses the module %j', async (source, message) => {
    const file = await moduleOf(source)
    const result = await verifierFromModule(file)()
    if (E.isRight(result)) throw new Error('expected an error')
    expect(result.left).toMatchObject({ _tag: 'FileError', place: file })
    expect(result.left.message).toContain(message)
  })

  it('refuses a module that never loads, a file of no module, a folder and a missing file', async () => {
    const forever = await moduleOf('for (;;);')
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'inner'))
    await Promise.all(
      [
        [forever, { loadLimit: 300 }, 'found a module that does not load within 300 ms'],
        [await moduleOf('x', 'rows.csv'), {}, 'Unknown file extension'],
        [join(folder, 'inner'), {}, 'found a folder'],
        [join(folder, 'none.js'), {}, 'found no such file'],
      ].map(async ([file, options, message]) => {
        const result = await verifierFromModule(file as string, options as VerifierModuleOptions)()
        expect(E.isLeft(result) && result.left.message).toContain(message)
      }),
    )
  })
})
