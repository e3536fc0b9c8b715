import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { fakeHub } from '../../lib/checkpoint/hub/fake-hub.js'
import { temporaryFolder } from '../../lib/run/temporary.js'
import { entrainHere } from '../in-process.js'
import { expectMessage, PATIENCE, printed, start } from '../process.js'

const hub = fakeHub()

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 13)
const files = [
  { path: 'config.json', bytes: new TextEncoder().encode('{}') },
  { path: 'model.safetensors', bytes: weights, lfs: true },
  { path: 'pytorch_model.bin', bytes: new Uint8Array(9), lfs: true },
]

const environment = () => ({ HF_ENDPOINT: `${hub.endpoint}/`, HF_TOKEN: '' })
const started = (cwd: string, argv: readonly string[]) => start(['pull', ...argv], cwd, environment())
/** Pulls in this process, with further environment variables. */
const pullHere = (cwd: string, argv: readonly string[], besides: Readonly<Record<string, string>> = {}) => {
  const before = process.cwd()
  process.chdir(cwd)
  for (const [name, value] of Object.entries({ ...environment(), ...besides })) vi.stubEnv(name, value)
  onTestFinished(() => {
    process.chdir(before)
    vi.unstubAllEnvs()
  })
  return entrainHere('pull', ...argv)
}

describe('entrain pull', { timeout: PATIENCE }, () => {
  it('downloads a model, and keeps its files the second time', async () => {
    const folder = await temporaryFolder()
    hub.files = files
    const first = await started(folder, ['org/name']).ended
    const out = join('models', 'org', 'name')
    expect(first).toMatchObject({ code: 0, stdout: `${out} holds 2 files, 300.0 kB, all checksums match\n` })
    expect(first.stderr.split('\n')).toEqual([
      `org/name from ${hub.endpoint} into ${out}`,
      '2 files, 300.0 kB, at commit c0ffee012345',
      'config.json  2 B  downloaded',
      'model.safetensors  300.0 kB  downloaded',
      '',
    ])
    expect((await readdir(join(folder, out))).sort()).toEqual(['config.json', 'model.safetensors'])
    expect(await readFile(join(folder, out, 'model.safetensors'))).toEqual(Buffer.from(weights))
    const second = await pullHere(folder, ['org/name'])
    expect(second.stderr).toContain('model.safetensors  300.0 kB  kept\n')
    expect(second.code).toBe(0)
  })

  it('resumes an interrupted download, and reports that it waits', async () => {
    const folder = await temporaryFolder()
    hub.files = files
    hub.mischief.set('model.safetensors', [{ is: 'cut', after: 100_000 }])
    const { code, stderr } = await pullHere(folder, ['org/name', '--out', 'here'])
    expect(stderr).toMatch(/found a connection that was cut \(.+\), trying again in 1 s\n/)
    expect(code).toBe(0)
    // Bytes that had arrived but were not yet written when the connection ended are requested again.
    const from = Number(/^bytes=(\d+)-$/.exec(hub.asked.at(-1)?.range ?? '')?.[1])
    expect(from).toBeGreaterThan(0)
    expect(from).toBeLessThanOrEqual(100_000)
    expect(await readFile(join(folder, 'here', 'model.safetensors'))).toEqual(Buffer.from(weights))
  })

  it('keeps the downloaded bytes when Ctrl-C stops it, and resumes', async () => {
    const folder = await temporaryFolder()
    hub.files = files
    hub.mischief.set('model.safetensors', [{ is: 'silent', after: 200_000 }])
    const running = started(folder, ['org/name', '--out', 'here'])
    await printed(running, /config\.json/)
    await arrived(join(folder, 'here', 'model.safetensors.part'), 200_000)
    running.child.kill('SIGINT')
    expectMessage(
      await running.ended,
      130,
      'stopping: the downloaded bytes stay in here, and the same command resumes the download\n',
    )
    expect(await readFile(join(folder, 'here', 'model.safetensors.part'))).toHaveLength(200_000)
    expect((await pullHere(folder, ['org/name', '--out', 'here'])).code).toBe(0)
    expect(hub.asked.at(-1)?.range).toBe('bytes=200000-')
  })

  it('reports that a model is gated, with the remedy', async () => {
    const folder = await temporaryFolder()
    hub.files = files
    hub.mischief.set('config.json', [{ is: 'status', status: 401, headers: { 'x-error-code': 'GatedRepo' } }])
    const message = `error: org/name: found a gated model, expected its licence accepted at ${hub.endpoint}/org/name, and HF_TOKEN`
    expectMessage(await pullHere(folder, ['org/name']), 1, message)
  })

  it('sends the token of HF_TOKEN', async () => {
    hub.files = files
    await pullHere(await temporaryFolder(), ['org/name'], { HF_TOKEN: ' hf_secret\n' })
    expect(hub.asked[0]?.authorization).toBe('Bearer hf_secret')
  })

  it.each([
    [['org/none'], {}, 1, 'error: org/none: found no such model at '],
    [['org/name', '--revision', 'v2/x'], {}, 1, 'error: org/name: found no revision "v2/x" (404), expected a branch'],
    [['org/name'], { HF_ENDPOINT: 'http://127.0.0.1:9' }, 1, 'error: http://127.0.0.1:9: found no connection ('],
    [
      ['org/name'],
      { HF_ENDPOINT: 'hub' },
      2,
      'HF_ENDPOINT: found "hub", expected a URL such as https://huggingface.co\n',
    ],
    [
      ['name'],
      {},
      2,
      'ORG/NAME: found "name", expected a model of the hub such as Qwen/Qwen3-0.6B\nSee entrain pull --help.',
    ],
    [['../name'], {}, 2, 'ORG/NAME: found "../name", expected '],
    [['https://huggingface.co/org/name'], {}, 2, 'ORG/NAME: found "https://huggingface.co/org/name", expected '],
    [[], {}, 2, 'ORG/NAME: missing\n'],
  ])('%j with %j is reported', async (words, besides, code, message) => {
    const folder = await temporaryFolder()
    expectMessage(await pullHere(folder, words, besides), code, message)
    expect(await readdir(folder)).toEqual([])
  })
})

/** Resolves once a file has so many bytes. */
const arrived = async (path: string, length: number): Promise<void> => {
  const { length: there } = await readFile(path).catch(() => '')
  if (there >= length) return
  await new Promise((resolve) => setTimeout(resolve, 20))
  await arrived(path, length)
}
