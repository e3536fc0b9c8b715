import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { bandSetting, group, numberSetting, textSetting, yesOrNoSetting } from '#cli/flag.js'
import { flagLayer, parseFlags } from '#cli/parse-flags.js'

const flags = group('All', [
  numberSetting('steps', ''),
  numberSetting('evaluation.topK', ''),
  textSetting('engine', ''),
  bandSetting('band.from', ''),
  yesOrNoSetting('tensorboard', ''),
])
const parsed = (...argv: string[]) => parseFlags(flags, ['RUN'], argv)
const problemsOf = (...argv: string[]) => {
  const result = parsed(...argv)
  return E.isLeft(result) ? result.left.problems : []
}

describe('parseFlags', () => {
  it('reads --flag value, --flag=value, and words', () => {
    expect(parsed('--steps', '3', 'here', '--engine=onnx')).toEqual(
      E.right({
        flags: new Map([
          ['steps', '3'],
          ['engine', 'onnx'],
        ]),
        positionals: ['here'],
      }),
    )
  })

  it.each([
    [['--tensorboard', 'here'], 'true'],
    [['here', '--tensorboard'], 'true'],
    [['--tensorboard', 'true', 'here'], 'true'],
    [['--tensorboard', 'false', 'here'], 'false'],
    [['--tensorboard=false', 'here'], 'false'],
  ])('lets a flag of yes or no stand alone: %j', (argv, value) => {
    expect(parsed(...argv)).toEqual(E.right({ flags: new Map([['tensorboard', value]]), positionals: ['here'] }))
  })

  it.each([
    [['--step', '3'], '--step: unknown flag; did you mean --steps?'],
    [['--zzz'], '--zzz: unknown flag'],
    [['-s', '3'], '-s: unknown flag'],
    [['--steps'], '--steps: found no value, expected N'],
    [['--steps='], '--steps: found no value, expected N'],
    [['--engine', ''], '--engine: found no value, expected NAME'],
    [['--steps', '1', '--steps', '2'], '--steps: given twice'],
  ])('refuses %j', (argv, problem) => expect(problemsOf('here', ...argv)).toContain(problem))

  it('counts the words', () => {
    expect(problemsOf()).toEqual(['RUN: missing'])
    expect(problemsOf('a', 'b')).toEqual(['b: unexpected'])
  })

  it('takes one or more words if the last positional ends in three dots', () => {
    const several = (...argv: string[]) => parseFlags(flags, ['FILE', 'RUN...'], argv)
    expect(several('f', 'a')).toEqual(E.right({ flags: new Map(), positionals: ['f', 'a'] }))
    expect(several('f', 'a', '--steps', '3', 'b', 'c')).toEqual(
      E.right({ flags: new Map([['steps', '3']]), positionals: ['f', 'a', 'b', 'c'] }),
    )
    expect(several('f')).toMatchObject(E.left({ problems: ['RUN: missing'] }))
    expect(several()).toMatchObject(E.left({ problems: ['FILE: missing', 'RUN: missing'] }))
  })
})

describe('flagLayer', () => {
  it('sets fields under their paths: numbers as numbers, and other values as text', () => {
    const given = new Map([
      ['steps', '1e2'],
      ['evaluation-top-k', 'x'],
      ['engine', '7'],
      ['band-from', '0.1,0.2'],
    ])
    expect(flagLayer(flags, given).settings).toEqual({
      steps: 100,
      evaluation: { topK: 'x' },
      engine: '7',
      band: { from: { low: 0.1, high: 0.2 } },
    })
  })

  it('knows which flag set a field, or part of it', () => {
    const { place } = flagLayer(flags, new Map([['band-from', '0.1,x']]))
    expect(place(['band', 'from', 'high'])).toBe('--band-from')
    expect(place(['band', 'to'])).toBe('band.to')
  })

  it('names all flags that set parts of a mapping', () => {
    const given = new Map([
      ['band-from', '0.1,0.2'],
      ['evaluation-top-k', '3'],
    ])
    expect(flagLayer(flags, given).place(['evaluation'])).toBe('--evaluation-top-k')
    expect(flagLayer(flags, given).place([])).toBe('--evaluation-top-k, --band-from')
  })
})
