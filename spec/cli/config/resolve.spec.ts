import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { BandSettingsCodec } from '#cli/config/band-plan.js'
import { strictRecord } from '#cli/config/strict-record.js'
import { integerFrom, oneOf, positive, share, text } from '#cli/config/fields.js'
import { resolve } from '#cli/config/resolve.js'
import { parseYaml } from '#cli/config/yaml-layer.js'
import { bandSetting, group, numberSetting, textSetting } from '#cli/flag.js'
import { flagLayer } from '#cli/parse-flags.js'

const codec = strictRecord(
  {
    algorithm: oneOf(['grpo', 'entrocraft']),
    steps: integerFrom(1),
    rate: positive,
    topP: share,
    evaluation: strictRecord({ prompts: integerFrom(1), samples: integerFrom(1) }),
    band: BandSettingsCodec,
  },
  { note: text },
)
const defaults = {
  algorithm: 'grpo',
  steps: 10,
  rate: 0.1,
  topP: 1,
  evaluation: { prompts: 64, samples: 4 },
  band: { schedule: 'constant', from: { low: 0.5, high: 0.6 } },
}
const settings = group('All', [
  textSetting('algorithm', ''),
  numberSetting('steps', ''),
  numberSetting('topP', ''),
  numberSetting('evaluation.prompts', ''),
  textSetting('band.schedule', ''),
  bandSetting('band.from', ''),
])

const resolved = (yaml: string, flags: Readonly<Record<string, string>> = {}) => {
  const file = parseYaml('run.yaml', yaml)
  if (E.isLeft(file)) return file
  return resolve(codec, defaults, [file.right, flagLayer(settings, new Map(Object.entries(flags)))])
}
const problems = (...input: Parameters<typeof resolved>) => {
  const result = resolved(...input)
  return E.isLeft(result) ? result.left.problems : []
}

describe('resolve', () => {
  it('lays the file over the defaults and the flags over the file, field by field', () => {
    expect(resolved('steps: 20\nevaluation: { samples: 8 }', { steps: '30', 'evaluation-prompts': '5' })).toEqual(
      E.right({ ...defaults, steps: 30, evaluation: { prompts: 5, samples: 8 } }),
    )
  })

  it('takes an empty file as no settings', () => {
    expect(resolved('')).toEqual(E.right(defaults))
    expect(resolved('# nothing yet\n')).toEqual(E.right(defaults))
  })

  it.each([
    ['steps: 0', 'run.yaml:1: steps: found 0, expected an integer >= 1'],
    ['\nsteps: many', 'run.yaml:2: steps: found "many", expected an integer >= 1'],
    ['steps: 1.5', 'run.yaml:1: steps: found 1.5, expected an integer >= 1'],
    ['steps:', 'run.yaml:1: steps: found null, expected an integer >= 1'],
    ['rate: .nan', 'run.yaml:1: rate: found NaN, expected a number > 0'],
    ['topP: 1.5', 'run.yaml:1: topP: found 1.5, expected a number > 0 and <= 1'],
    ['evaluation: 3', 'run.yaml:1: evaluation: found 3, expected a mapping'],
    ['evaluation: [3]', 'run.yaml:1: evaluation: found [3], expected a mapping'],
    [
      'algorithm: entrocrft',
      'run.yaml:1: algorithm: found "entrocrft", expected one of grpo, entrocraft; did you mean entrocraft?',
    ],
    ['steps: 3\nstpes: 4', 'run.yaml:2: stpes: unknown field; did you mean steps?'],
    ['evaluation:\n  promts: 4', 'run.yaml:2: evaluation.promts: unknown field; did you mean prompts?'],
    ['note: ""', 'run.yaml:1: note: found "", expected a text that is not empty'],
    ['- steps', 'run.yaml:1: found ["steps"], expected a mapping of settings'],
    ['steps: 3\nsteps: 4', 'run.yaml:2: steps: found it twice, first in line 1, expected it once'],
  ])('refuses %j', (yaml, problem) => expect(problems(yaml)).toEqual([problem]))

  it('lists the known fields if none is near', () => {
    expect(problems('zzz: 1')[0]).toBe(
      'run.yaml:1: zzz: unknown field; there are algorithm, steps, rate, topP, evaluation, band, note',
    )
  })

  it('names every problem with its flag or its line', () => {
    expect(problems('steps: 0\nrate: 0', { steps: 'x', 'top-p': '2' })).toEqual([
      '--steps: found "x", expected an integer >= 1',
      'run.yaml:2: rate: found 0, expected a number > 0',
      '--top-p: found 2, expected a number > 0 and <= 1',
    ])
  })

  it('says where a file cannot be parsed', () => {
    expect(problems('steps: 3\nband: [1, 2')[0]).toMatch(/^run\.yaml:\d: /)
  })
})

describe('the band of a configuration', () => {
  const inverted = 'found low 0.7 and high 0.6, expected finite numbers with 0 <= low <= high'

  it('with low above high is refused, naming both numbers and the place', () => {
    expect(problems('band:\n  from: { low: 0.7, high: 0.6 }')).toEqual([`run.yaml:2: band.from: ${inverted}`])
    expect(problems('', { 'band-from': '0.7,0.6' })).toEqual([`--band-from: ${inverted}`])
  })

  it('may have low equal to high', () => {
    expect(resolved('', { 'band-from': '0.6,0.6' })).toMatchObject({
      right: { band: { from: { low: 0.6, high: 0.6 } } },
    })
  })

  it.each([
    ['0.6', '--band-from: found "0.6", expected a band: low and high, or auto'],
    ['0.6,0.7,0.8', '--band-from: found "0.6,0.7,0.8", expected a band: low and high, or auto'],
    ['0.6,x', '--band-from: found "x", expected number'],
    ['-1,0.5', '--band-from: found low -1 and high 0.5, expected finite numbers with 0 <= low <= high'],
  ])('is refused as %j on the command line', (value, problem) => {
    expect(problems('', { 'band-from': value })).toEqual([problem])
  })

  it('reports the errors of the named schedule only', () => {
    expect(problems('band: { schedule: linaer }')).toEqual([
      'run.yaml:1: band.schedule: found "linaer", expected one of constant, linear, cosine, exponential, piecewise, auto; did you mean linear?',
    ])
    expect(problems('band: { schedule: linear }')).toEqual([
      'run.yaml:1: band.to: found nothing, expected a band: low and high, or auto',
    ])
    expect(problems('band: { to: { low: 1, high: 2 } }')).toEqual([
      'run.yaml:1: band.to: unknown field; there are schedule, from',
    ])
  })
})
