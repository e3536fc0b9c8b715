import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { resolve } from '#cli/config/resolve.js'
import { type TrainConfig, TrainConfigCodec, trainDefaults } from '#cli/config/train-config.js'
import { withDefaultsFor } from '#cli/config/with-defaults-for.js'
import { parseYaml } from '#cli/config/yaml-layer.js'

const resolved = (yaml: string): E.Either<Error, TrainConfig> => {
  const layer = parseYaml('run.yaml', yaml)
  return E.isLeft(layer) ? layer : resolve(TrainConfigCodec, trainDefaults, [layer.right], withDefaultsFor)
}
const settings = (yaml: string) => {
  const found = parseYaml('run.yaml', yaml)
  if (E.isLeft(found)) throw found.left
  return found.right.settings
}
const problem = (yaml: string) => {
  const found = resolved(yaml)
  if (E.isRight(found)) throw new Error('there was no problem')
  expect(found.left.name).toBe('ConfigError')
  return found.left.message
}

describe('a YAML file', () => {
  it.each<[string, string, object]>([
    [
      'an alias',
      'band:\n  schedule: linear\n  from: &b { low: 0.1, high: 0.2 }\n  to: *b\n',
      {
        band: { schedule: 'linear', from: { low: 0.1, high: 0.2 }, to: { low: 0.1, high: 0.2 } },
      },
    ],
    [
      'an anchor that is used before it is defined anew',
      'steps: &n 3\nprompts: *n\nwarmup: &n 5\ngroup: *n\n',
      {
        ...{ steps: 3, prompts: 3, warmup: 5, group: 5 },
      },
    ],
    [
      'a merge key',
      'evaluation: &e { prompts: 4, samples: 2 }\noptions: {}\ndata: {}\n',
      {
        evaluation: { prompts: 4, samples: 2 },
      },
    ],
    [
      'numbers in other notations',
      'steps: 0x10\nprompts: 0o10\nlearningRate: 1e-3\nseed: 9007199254740991\n',
      {
        ...{ steps: 16, prompts: 8, learningRate: 0.001, seed: 9007199254740991 },
      },
    ],
    ['a byte order mark, comments and an end of the document', '\ufeff# run\n---\nsteps: 3\n...\n', { steps: 3 }],
    [
      'the schema of an older YAML, which is not used',
      '%YAML 1.1\n---\ntask: math\nmodel: 2026-11-30\n',
      {
        model: '2026-11-30',
      },
    ],
  ])('may have %s', (_, yaml, expected) => {
    expect(resolved(yaml)).toMatchObject(E.right(expected))
  })

  it('fills in fields by merge keys, and replaces them by its own', () => {
    const yaml =
      'a: &a { x: 1, y: 1 }\nb: &b { y: 2, z: 2 }\nc:\n  x: 3\n  <<: [*a, *b]\nd: { <<: *b, z: 4 }\ne: { "<<": 5 }\n'
    expect(settings(yaml)).toMatchObject({ c: { x: 3, y: 1, z: 2 }, d: { y: 2, z: 4 }, e: { '<<': 5 } })
  })

  it.each<[string, string, string]>([
    ['a field of every object', 'steps: 3\nconstructor: 4', 'run.yaml:2: constructor: unknown field'],
    ['toString', 'toString: x', 'run.yaml:1: toString: unknown field'],
    ['hasOwnProperty', 'hasOwnProperty: { a: 1 }', 'run.yaml:1: hasOwnProperty: unknown field'],
    ['__proto__', 'steps: 3\n__proto__: { steps: 5 }', 'run.yaml:2: __proto__: unknown field'],
    [
      '__proto__ in a mapping',
      'evaluation:\n  prompts: 3\n  __proto__: { samples: 5 }',
      'run.yaml:3: evaluation.__proto__: unknown field',
    ],
    ['constructor among the options', 'options:\n  constructor: 1', 'run.yaml:2: options.constructor: unknown field'],
    [
      'an algorithm of that name',
      'algorithm: constructor',
      'run.yaml:1: algorithm: found "constructor", expected one of',
    ],
    ['a task of that name', 'task: toString', 'run.yaml:1: task: found "toString", expected one of'],
    ['a filter of that name', 'filter: valueOf', 'run.yaml:1: filter: found "valueOf", expected one of'],
    ['an engine of that name', 'engine: __proto__', 'run.yaml:1: engine: found "__proto__", expected one of'],
    [
      'a schedule of that name',
      'band: { schedule: constructor }',
      'run.yaml:1: band.schedule: found "constructor", expected one of',
    ],
    [
      'too large an integer',
      'prompts: 2\nsteps: 1e308',
      'run.yaml:2: steps: found 1e+308, expected an integer >= 1 and <= 2147483647',
    ],
    [
      'an integer that is not exact',
      'seed: 9007199254740993',
      'run.yaml:1: seed: found 9007199254740992, expected an integer >= 0 and <= 9007199254740991',
    ],
    ['an infinite number', 'learningRate: .inf', 'run.yaml:1: learningRate: found Infinity, expected a number > 0'],
    [
      'a number beyond float32',
      'learningRate: 1e308',
      'run.yaml:1: learningRate: found 1e+308, expected a number > 0 within the range of float32',
    ],
    [
      'a number that is 0 in float32',
      'temperature: 1e-60',
      'run.yaml:1: temperature: found 1e-60, expected a number > 0 within the range of float32',
    ],
    ['no number', 'temperature: .nan', 'run.yaml:1: temperature: found NaN, expected a number > 0'],
    ['a number with underscores', 'steps: 1_000', 'run.yaml:1: steps: found "1_000", expected an integer >= 1'],
    ['a date for a number', 'steps: 2026-11-30', 'run.yaml:1: steps: found "2026-11-30", expected an integer >= 1'],
    [
      'a field twice',
      'steps: 3\ngroup: 4\nsteps: 3',
      'run.yaml:3: steps: found it twice, first in line 1, expected it once',
    ],
    [
      'a field of a mapping twice',
      'evaluation:\n  every: 3\n  every: 3',
      'run.yaml:3: evaluation.every: found it twice, first in line 2',
    ],
    ['two documents', 'steps: 3\n---\nsteps: 4', 'run.yaml:2: found a second document, expected one'],
    [
      'an alias without an anchor',
      'steps: 3\ngroup: *nope',
      'run.yaml:2: group: found *nope, expected the name of an anchor above it',
    ],
    [
      'an alias above its anchor',
      'steps: *n\ngroup: &n 3',
      'run.yaml:1: steps: found *n, expected the name of an anchor above it',
    ],
    [
      'an alias of a value around it',
      'data: &d\n  train:\n    - *d',
      'run.yaml:3: data.train.0: found *d, which contains itself, expected a value that ends',
    ],
    ['a merge of the mapping itself', 'data: &d\n  <<: *d', 'run.yaml:2: data: found *d, which contains itself'],
    ['a merge of a number', 'data:\n  <<: 3', 'run.yaml:2: data.<<: found a single value, expected a mapping'],
    ['a number as a key', '1: x', 'run.yaml:1: found the key 1, expected the name of a field'],
    ['no key', 'steps: 3\n? \n: x', 'found the key null, expected the name of a field'],
    [
      'a list as a key',
      'data:\n  ? [a, b]\n  : x',
      'run.yaml:2: data: found the key no text, expected the name of a field',
    ],
    ['an unknown tag', 'steps: !!python/none 3', 'run.yaml:1: Unresolved tag'],
    [
      'a date by its tag',
      'steps: !!timestamp 2026-11-30',
      'run.yaml:1: steps: found a value of tag tag:yaml.org,2002:timestamp, expected a text',
    ],
    ['a tab', 'evaluation:\n\tevery: 3', 'run.yaml:2: '],
    ['a list at its top', '\n- steps', 'run.yaml:2: found ["steps"], expected a mapping of settings'],
    ['a text at its top', 'steps', 'run.yaml:1: found "steps", expected a mapping of settings'],
    ['a bad value behind an alias', 'prompts: &n 0\nsteps: *n', 'run.yaml:1: prompts: found 0'],
  ])('is refused with its line: %s', (_, yaml, message) => {
    expect(problem(yaml)).toContain(message)
  })

  it('ends although its aliases stand for very many values', () => {
    const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`)
    expect(problem(`l0: &l0 [x]\n${levels.join('\n')}`)).toMatch(
      /^run\.yaml:\d+: l\d[\d.]*: found more than 100000 values by way of aliases, expected fewer$/,
    )
  })

  it.each<[string, string, string]>([
    ['brackets', '['.repeat(100_000), 'run.yaml: found 100000, expected at most 100 brackets in each other'],
    [
      'braces that are closed',
      `a: ${'{a: '.repeat(500)}1${'}'.repeat(500)}`,
      'run.yaml: found 500, expected at most 100',
    ],
    [
      'indents',
      Array.from({ length: 150 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'),
      'found too many mappings and lists in each other',
    ],
    [
      'dashes',
      `a:\n${'- '.repeat(20_000)}x`,
      'run.yaml:2: found too many mappings and lists in each other, expected at most 100',
    ],
  ])('is refused if it is too deep: %s', (_, yaml, message) => {
    expect(problem(yaml)).toContain(message)
  })
})
