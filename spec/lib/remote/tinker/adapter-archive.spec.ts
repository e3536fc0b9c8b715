import { gzipSync } from 'node:zlib'
import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { freshAdapters } from '#lib/model/lora/adapters.js'
import { readAdapterArchive } from '#lib/remote/tinker/adapter-archive.js'
import { config } from '../../policy/local/tiny.js'
import { archiveOf, lora } from './double.js'

const adapters = freshAdapters(config, lora, 5)
const archive = archiveOf(adapters)

describe('an archive of adapters', () => {
  it('is read as it was written', () => {
    expect(readAdapterArchive(archive, config, 'here')).toEqual({ _tag: 'Right', right: adapters })
  })

  test.prop([fc.nat({ max: archive.length - 1 })])('that is cut is an error', (length) => {
    expect(readAdapterArchive(archive.subarray(0, length), config, 'here')).toMatchObject({
      _tag: 'Left',
      left: { _tag: 'CheckpointError' },
    })
  })

  it('without its files is an error that names them', () => {
    const empty = readAdapterArchive(gzipSync(Buffer.alloc(1024)), config, 'here')
    expect(empty).toMatchObject({ _tag: 'Left', left: { expected: 'the file adapter_config.json' } })
  })

  it('of another network is an error that names a tensor', () => {
    const other = readAdapterArchive(archive, { ...config, width: 8 }, 'here')
    expect(other).toMatchObject({ _tag: 'Left', left: { _tag: 'CheckpointError' } })
  })
})
