import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ChatConfigCodec, chatDefaults, chatSettings } from '#cli/config/chat-config.js'
import { EvalConfigCodec, evalDefaults, evalSettings } from '#cli/config/eval-config.js'
import { loadTrainConfig } from '#cli/config/load-train-config.js'
import { resolve } from '#cli/config/resolve.js'
import { trainSettings } from '#cli/config/train-settings.js'
import type { Setting } from '#cli/flag.js'
import { flagLayer, parseFlags } from '#cli/parse-flags.js'

const argv = (...variables: readonly string[]) => variables.flatMap((variable) => ['--template-variable', variable])
const layerOf = (settings: readonly Setting[], ...variables: readonly string[]) => {
  const parsed = parseFlags(settings, [], argv(...variables))
  if (E.isLeft(parsed)) throw parsed.left
  return flagLayer(settings, parsed.right.flags)
}
const chat = (...variables: readonly string[]) =>
  resolve(ChatConfigCodec, chatDefaults, [layerOf(chatSettings, ...variables)])
const variablesOf = (found: E.Either<Error, { readonly templateVariables: unknown }>) => {
  if (E.isLeft(found)) throw found.left
  return found.right.templateVariables
}
const given = ['enable_thinking=false', 'date_string=26 Jul 2024', 'tools=[{"name":"f"}]', 'n=3', 'x=', 'eq=a=b']
const expected = { enable_thinking: false, date_string: '26 Jul 2024', tools: [{ name: 'f' }], n: 3, x: '', eq: 'a=b' }

describe('--template-variable', () => {
  it('is the same for chat, eval and train', async () => {
    expect(variablesOf(chat(...given))).toEqual(expected)
    expect(variablesOf(resolve(EvalConfigCodec, evalDefaults, [layerOf(evalSettings, ...given)]))).toEqual(expected)
    const parsed = parseFlags(trainSettings, [], argv(...given))
    if (E.isLeft(parsed)) throw parsed.left
    expect(variablesOf(await loadTrainConfig(parsed.right.flags)())).toEqual(expected)
  })

  it('reads the words of YAML and Python for true, false and nothing', () => {
    expect(variablesOf(chat('a=True', 'b=FALSE', 'c=None', 'd=null', 'e=true', 'f="true"', 'g=no'))).toEqual({
      ...{ a: true, b: false, c: null, d: null, e: true, f: 'true', g: 'no' },
    })
  })

  it.each([
    [['enable_thinking'], '--template-variable: found "enable_thinking", expected NAME=VALUE'],
    [['enable-thinking=1'], '--template-variable: variable enable-thinking: found this name, expected letters'],
    [['=1'], '--template-variable: variable : found this name, expected letters'],
    [['messages=[]'], '--template-variable: variable messages: found a name that has a meaning in every template'],
    [['true=1'], 'variable true: found a name that has a meaning'],
    [['x=1e999'], '--template-variable: variable x: found Infinity, expected a text, a finite number'],
  ])('refuses %j', (variables, message) => {
    const found = chat(...variables)
    expect(E.isLeft(found) && found.left.message).toContain(message)
  })

  it('may be given once for each name, also for a name of every object', () => {
    expect(variablesOf(chat('constructor=1', '__proto__=2', 'toString=3'))).toEqual(
      Object.fromEntries([
        ['constructor', 1],
        ['__proto__', 2],
        ['toString', 3],
      ]),
    )
    expect(parseFlags(chatSettings, [], argv('a=1', 'b=2', 'a=3'))).toMatchObject(
      E.left({ problems: ['--template-variable: given twice for a'] }),
    )
  })
})

describe('templateVariables in a file', () => {
  const load = async (yaml: string, ...variables: readonly string[]) => {
    const file = join(await mkdtemp(join(tmpdir(), 'entrain-')), 'run.yaml')
    await writeFile(file, yaml)
    const parsed = parseFlags(trainSettings, [], argv(...variables))
    if (E.isLeft(parsed)) throw parsed.left
    const found = await loadTrainConfig(new Map([...parsed.right.flags, ['config', file]]))()
    return { file, found }
  }

  it('is overridden by flags, name by name, and survives the file of a run', async () => {
    const yaml = 'templateVariables:\n  enable_thinking: true\n  date_string: x\n  tools: [{ name: f }]\n'
    const { found } = await load(yaml, 'enable_thinking=false')
    expect(variablesOf(found)).toEqual({ enable_thinking: false, date_string: 'x', tools: [{ name: 'f' }] })
    const again = await load(stringify(E.toUnion(found)))
    expect(again.found).toEqual(found)
  })

  it.each([
    [
      'templateVariables: [a]',
      '1: templateVariables: found ["a"], expected NAME=VALUE, or a mapping from names to values',
    ],
    [
      'templateVariables:\n  a: .nan',
      '2: templateVariables.a: variable a: found NaN, expected a text, a finite number',
    ],
    ['templateVariables:\n  a: { b: [.inf] }', '2: templateVariables.a: variable a: found an object, expected a text'],
    ['templateVariables:\n  messages: 1', '2: templateVariables.messages: variable messages: found a name'],
    ['templateVariables:\n  1: 1', '2: templateVariables: found the key 1, expected the name of a field'],
  ])('is refused with its line: %j', async (yaml, message) => {
    const { file, found } = await load(yaml)
    expect(E.isLeft(found) && found.left.message).toContain(`${file}:${message}`)
  })
})
