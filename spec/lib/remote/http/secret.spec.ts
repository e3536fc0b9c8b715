import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orThrow } from '#lib/or-throw.js'
import { readSecret, Secret } from '#lib/remote/http/secret.js'

describe('Secret', () => {
  it('is never printed', () => {
    const key = new Secret('hush')
    const texts = [String(key), key.toString(), JSON.stringify({ key }), inspect({ key }, { showHidden: true })]
    for (const text of texts) {
      expect(text).toContain('[secret]')
      expect(text).not.toContain('hush')
    }
    expect(Object.keys(key)).toEqual([])
    expect(key.reveal()).toBe('hush')
  })
})

describe('readSecret', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'secret-'))
  })
  afterAll(() => rm(folder, { recursive: true }))
  const write = async (text: string, mode: number) => {
    const file = join(folder, 'key')
    await writeFile(file, text)
    await chmod(file, mode)
    return file
  }

  it('reads a variable, and a file of mode 0600, without the line end', async () => {
    expect((await orThrow(readSecret({ variable: 'KEY' }, { KEY: 'k-1' }))).reveal()).toBe('k-1')
    expect((await orThrow(readSecret({ file: await write('k-2\n', 0o600) }))).reveal()).toBe('k-2')
  })

  it('refuses a missing, an empty and a malformed key, and does not repeat it', async () => {
    await expect(orThrow(readSecret({ variable: 'KEY' }, {}))).rejects.toThrow(
      'the environment variable KEY: found no key, expected the key of the server',
    )
    const malformed = orThrow(readSecret({ variable: 'KEY' }, { KEY: 'a\nhush' }))
    await expect(malformed).rejects.toThrow('visible ASCII')
    await expect(malformed).rejects.not.toThrow('hush')
    await expect(orThrow(readSecret({ file: join(folder, 'none') }))).rejects.toThrow('no such file')
    await expect(orThrow(readSecret({ file: folder }))).rejects.toThrow('a folder')
    await expect(orThrow(readSecret({ file: await write('x'.repeat(2 ** 17), 0o600) }))).rejects.toThrow('131072 bytes')
  })

  it.skipIf(process.platform === 'win32')('refuses a file that other accounts can use', async () => {
    for (const mode of [0o640, 0o604, 0o644, 0o602]) {
      const file = await write('hush', mode)
      const reading = orThrow(readSecret({ file }))
      await expect(reading).rejects.toThrow(`found the mode 0${mode.toString(8)}`)
      await expect(reading).rejects.toThrow(`chmod 600 ${file}`)
    }
  })
})
