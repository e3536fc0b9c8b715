import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { renamed, renameFlags, renameSettings } from '#cli/config/renamed.js'
import { trainSettings } from '#cli/config/train-settings.js'
import { parseYaml } from '#cli/config/yaml-layer.js'
import { rightOrThrow } from '#lib/or-throw.js'

const layerOf = (yaml: string) => rightOrThrow(parseYaml('run.yaml', yaml))
const later = 'the next version will refuse the old name'

describe('renamed', () => {
  it('names settings that exist', () => {
    const paths = trainSettings.map(({ path }) => path.join('.'))
    for (const [before, after] of Object.entries(renamed)) {
      expect(paths).toContain(after)
      expect(paths).not.toContain(before)
    }
  })
})

describe('renameSettings', () => {
  it('moves the value to its new name, and notes the place of the old one', () => {
    const { value, notes } = rightOrThrow(
      renameSettings(layerOf('options:\n  clipStep: 0.1\n  clipHigh: 0.2\nsteps: 3\n')),
    )
    expect(value.settings).toEqual({ options: { clipHigh: 0.2, clipHighStep: 0.1 }, steps: 3 })
    expect(notes).toEqual([`run.yaml:2: options.clipStep is now called options.clipHighStep; ${later}`])
    expect(value.place(['options', 'clipHighStep'])).toBe('run.yaml:2: options.clipStep')
    expect(value.place(['steps'])).toBe('run.yaml:4: steps')
  })

  it('leaves settings without an old name as they are', () => {
    const layer = layerOf('options: { clipHigh: 0.2 }\n')
    expect(rightOrThrow(renameSettings(layer))).toMatchObject({ value: { settings: layer.settings }, notes: [] })
  })

  it('refuses both names at once', () => {
    expect(renameSettings(layerOf('options:\n  clipStep: 0.1\n  clipHighStep: 0.2\n'))).toMatchObject(
      E.left({ problems: ['run.yaml:2: options.clipStep: found options.clipHighStep too, expected one of the two'] }),
    )
  })
})

describe('renameFlags', () => {
  it.each([
    [
      ['--clip-step', '0.1'],
      ['--clip-high-step', '0.1'],
    ],
    [
      ['--steps', '3', '--zeta-most=2'],
      ['--steps', '3', '--zeta-max=2'],
    ],
  ])('renames %j', (argv, words) => {
    const { value, notes } = renameFlags(trainSettings, argv)
    expect(value).toEqual(words)
    expect(notes).toEqual([expect.stringMatching(/^--[a-z-]+ is now called --[a-z-]+; /)])
  })

  it('leaves the flags of a command that has no such setting', () => {
    expect(renameFlags([], ['--clip-step', '0.1'])).toEqual({ value: ['--clip-step', '0.1'], notes: [] })
  })
})
