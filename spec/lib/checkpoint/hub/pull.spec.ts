import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { firstValueFrom, lastValueFrom, toArray, filter, tap, takeUntil, Subject } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { Patience } from '#lib/checkpoint/hub/retry.js'
import { pullModel, type PullEvent, type PullOptions } from '#lib/checkpoint/hub/pull.js'
import { temporaryFolder } from '../../run/temporary.js'
import { localServers } from '../../remote/http/local-servers.js'
import { COMMIT, type FakeFile, fakeHub, type Mischief } from './fake-hub.js'

const hub = fakeHub()

const hurried: Patience = { tries: 5, firstWait: 0.001, longestWait: 2, silence: 300 }

const pulling = (folder: string, options: PullOptions = {}, token: string | null = null, name = 'org/name') => {
  const repository = { hub: { endpoint: hub.endpoint, token }, name, revision: 'main' }
  return pullModel(repository, folder, { patience: hurried, ...options })
}
const pulled = (...how: Parameters<typeof pulling>): Promise<readonly PullEvent[]> =>
  lastValueFrom(pulling(...how).pipe(toArray()))

/** Error of a download. */
const failing = async (...how: Parameters<typeof pulling>): Promise<unknown> => {
  const outcome = await pulled(...how).catch((error: unknown) => ({ error }))
  if (!('error' in outcome)) throw new Error('nothing failed')
  return outcome.error
}

const text = (content: string) => new TextEncoder().encode(content)
/** Bytes without repeated sequences. */
const manyBytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 2654435761) >>> 13)
const weights = (bytes: Uint8Array, listed?: FakeFile['listed']): FakeFile => ({
  path: 'model.safetensors',
  bytes,
  lfs: true,
  ...(listed === undefined ? {} : { listed }),
})
const config: FakeFile = { path: 'config.json', bytes: text('{"hidden_size": 8}\n') }
const model = (size = 5000): readonly FakeFile[] => [config, weights(manyBytes(size))]

const contents = (folder: string, name = 'model.safetensors') => readFile(join(folder, name))
const ranges = (name = 'model.safetensors') =>
  hub.asked.filter(({ path }) => path.includes('/large/') && path.endsWith(name)).map(({ range }) => range)
const isWhole = async (folder: string, files: readonly FakeFile[]) => {
  expect((await readdir(folder)).sort()).toEqual(files.map(({ path }) => path).sort())
  for (const { path, bytes } of files) expect(await contents(folder, path)).toEqual(Buffer.from(bytes))
}

describe('pullModel', () => {
  it('downloads only the files that a model needs', async () => {
    const folder = join(await temporaryFolder(), 'new', 'folder')
    const others = [
      'pytorch_model.bin',
      'onnx/model.onnx',
      'model.gguf',
      '.gitattributes',
      'original/model.safetensors',
    ]
    hub.files = [...model(), ...others.map((path) => ({ path, bytes: text(path) }))]
    const events = await pulled(folder)
    await isWhole(folder, model())
    expect(events[0]).toMatchObject({ event: 'found', commit: COMMIT, files: [{ size: 19 }, { size: 5000 }] })
    // Files are downloaded at the same time, so either may be complete first.
    const whole = events.flatMap((event) => (event.event === 'whole' ? [event] : []))
    expect(whole.toSorted((a, b) => a.path.localeCompare(b.path))).toEqual([
      { event: 'whole', path: 'config.json', kept: false },
      { event: 'whole', path: 'model.safetensors', kept: false },
    ])
    const received = events.flatMap((event) => (event.event === 'progress' ? [event.received] : []))
    expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBe(5019)
  })

  it('checks a small file by its git blob id', async () => {
    const folder = await temporaryFolder()
    // Output of `git hash-object` for these bytes.
    const hello = {
      path: 'README.md',
      bytes: text('hello\n'),
      listed: { hex: 'ce013625030ba8dba906f756967f9e9ca394464a' },
    }
    hub.files = [hello, ...model()]
    await pulled(folder)
    expect(await contents(folder, 'README.md')).toEqual(Buffer.from('hello\n'))
  })

  it('reads a listing of many pages', async () => {
    const folder = await temporaryFolder()
    hub.page = 2
    hub.files = [
      ...model(),
      ...['tokenizer.json', 'LICENSE', 'merges.txt'].map((path) => ({ path, bytes: text(path) })),
    ]
    await pulled(folder)
    await isWhole(folder, hub.files)
    expect(hub.asked.filter(({ path }) => path.includes('/tree/'))).toHaveLength(3)
  })

  it('sends its token to the hub, but not to redirects or pages on other servers', async () => {
    hub.files = model()
    hub.page = 2
    await pulled(await temporaryFolder(), {}, 'hf_secret')
    const shown = (ours: boolean) =>
      hub.asked.filter(({ origin }) => (origin === hub.endpoint) === ours).map(({ authorization }) => authorization)
    expect(shown(true)).toEqual(Array(4).fill('Bearer hf_secret'))
    expect(shown(false)).toEqual([null, null])
  })

  it('sends no credentials without a token, and requests uncompressed bytes', async () => {
    hub.files = model()
    await pulled(await temporaryFolder())
    expect(hub.asked).toHaveLength(5)
    for (const { authorization, encoding } of hub.asked) expect([authorization, encoding]).toEqual([null, 'identity'])
  })

  it('keeps files that are complete and correct, and downloads others again', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    await pulled(folder)
    await writeFile(join(folder, 'config.json'), '{"hidden_size": 9}\n')
    hub.asked.length = 0
    const events = await pulled(folder)
    expect(hub.asked.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path)).toEqual([
      `/org/name/resolve/${COMMIT}/config.json`,
    ])
    expect(events).toContainEqual({ event: 'whole', path: 'model.safetensors', kept: true })
    await isWhole(folder, model())
  })

  it('resumes at the byte where the connection was cut', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [
      { is: 'cut', after: 1234 },
      { is: 'cut', after: 0 },
      { is: 'cut', after: 66 },
    ])
    const events = await pulled(folder)
    expect(ranges()).toEqual([null, 'bytes=1234-', 'bytes=1234-', 'bytes=1300-'])
    expect(events.filter(({ event }) => event === 'waiting')).toHaveLength(3)
    await isWhole(folder, model())
  })

  it('gets all retries back with every new byte, even after a file of another version', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    await writeFile(join(folder, 'model.safetensors'), new Uint8Array(5000))
    hub.mischief.set('model.safetensors', Array<Mischief>(12).fill({ is: 'cut', after: 100 }))
    await pulled(folder)
    expect(ranges()).toHaveLength(13)
    await isWhole(folder, model())
  })

  it('resumes an earlier download, and counts its bytes', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    await writeFile(join(folder, 'model.safetensors.part'), manyBytes(5000).subarray(0, 4000))
    const events = await pulled(folder)
    expect(ranges()).toEqual(['bytes=4000-'])
    expect(events).toContainEqual({ event: 'progress', path: 'model.safetensors', here: 4000, received: 0 })
    expect(events).toContainEqual({ event: 'progress', path: 'model.safetensors', here: 5000, received: 1000 })
    await isWhole(folder, model())
  })

  it.each([
    ['is whole', manyBytes(5000), []],
    ['is too long', manyBytes(6000), [null]],
    ['is of another version', new Uint8Array(3000), ['bytes=3000-', null]],
    ['is of another version, and whole', new Uint8Array(5000), [null]],
  ])('completes a part that %s', async (_, part, asked) => {
    const folder = await temporaryFolder()
    hub.files = model()
    await writeFile(join(folder, 'model.safetensors.part'), part)
    await pulled(folder)
    expect(ranges()).toEqual(asked)
    await isWhole(folder, model())
  })

  it('starts again if a server does not support ranges', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'cut', after: 1000 }, { is: 'whole' }])
    await pulled(folder)
    expect(ranges()).toEqual([null, 'bytes=1000-'])
    await isWhole(folder, model())
  })

  it('downloads an empty file', async () => {
    const folder = await temporaryFolder()
    hub.files = [weights(new Uint8Array(0)), config]
    await pulled(folder)
    await isWhole(folder, hub.files)
  })

  it('completes a file for any cuts and any earlier part', async () => {
    const wrong = fc.oneof(
      fc.nat(40_000).map((after): Mischief => ({ is: 'cut', after })),
      fc.constant<Mischief>({ is: 'status', status: 503 }),
    )
    const law = fc.asyncProperty(
      fc.nat(40_000),
      fc.array(wrong, { maxLength: 12 }),
      fc.nat(41_000),
      fc.boolean(),
      async (size, mischief, part, again) => {
        const folder = await temporaryFolder()
        hub.files = model(size)
        hub.mischief.set('model.safetensors', [...mischief])
        await writeFile(join(folder, 'model.safetensors.part'), manyBytes(Math.max(size, part)).subarray(0, part))
        if (again)
          for (let tries = mischief.length; tries > 0; tries--)
            await pulled(folder, { patience: { ...hurried, tries: 0 } }).catch(() => null)
        await pulled(folder, { patience: { ...hurried, firstWait: 0, tries: mischief.length } })
        await isWhole(folder, model(size))
      },
    )
    await fc.assert(law, { numRuns: 60 })
  })

  it('never requests a byte twice', async () => {
    const law = fc.asyncProperty(fc.array(fc.nat(9000), { maxLength: 10 }), async (cuts) => {
      const folder = await temporaryFolder()
      hub.files = model(20_000)
      hub.mischief.set(
        'model.safetensors',
        cuts.map((after) => ({ is: 'cut', after })),
      )
      const events = await pulled(folder, { patience: { ...hurried, firstWait: 0, tries: cuts.length } })
      const received = events.flatMap((event) =>
        event.event === 'progress' && event.path === 'model.safetensors' ? [event.received] : [],
      )
      expect(received.reduce((sum, bytes) => sum + bytes, 0)).toBe(20_000)
    })
    await fc.assert(law, { numRuns: 30 })
  })
})

describe('an unsubscribed download', () => {
  it('ends the request and keeps the part', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'silent', after: 3000 }])
    const stop$ = new Subject<void>()
    const enough = (event: PullEvent) => event.event === 'progress' && event.here === 3000
    const events$ = pulling(folder).pipe(
      tap((event) => {
        if (enough(event)) stop$.next()
      }),
      takeUntil(stop$),
    )
    await lastValueFrom(events$)
    expect(await contents(folder, 'model.safetensors.part')).toEqual(Buffer.from(manyBytes(3000)))
    await pulled(folder)
    expect(ranges()).toEqual([null, 'bytes=3000-'])
    await isWhole(folder, model())
  })

  it('requests nothing before the subscription', async () => {
    hub.files = model()
    const [first, never, second] = await Promise.all([temporaryFolder(), temporaryFolder(), temporaryFolder()])
    await pulled(first)
    const requests = hub.asked.length
    pulling(never)
    // A request of the download before would arrive before the last one of this download.
    await pulled(second)
    expect(hub.asked).toHaveLength(2 * requests)
    expect(await readdir(never)).toEqual([])
  })
})

describe('a download that fails', () => {
  it('removes wrong bytes, and reports it', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'other', bytes: new Uint8Array(5000) }])
    expect(await failing(folder)).toMatchObject({
      problem: 'damaged',
      message: expect.stringContaining('model.safetensors: found bytes that do not match') as string,
    })
    await isWhole(folder, [config])
  })

  it.each([4999, 5001])('removes a file that has %i bytes where 5000 are listed', async (length) => {
    const folder = await temporaryFolder()
    hub.files = [config, weights(manyBytes(length), { size: 5000, hex: 'a file of 5000' })]
    const error = await failing(folder)
    if (length > 5000) {
      expect(error).toMatchObject({ problem: 'damaged' })
      await isWhole(folder, [config])
    } else expect(error).toMatchObject({ message: expect.stringContaining('4999 of 5000 bytes') as string })
  })

  it('stops at a file that is longer than listed', async () => {
    hub.files = [config, weights(manyBytes(20_000_000), { size: 5000 })]
    let received = 0
    const counted$ = pulling(await temporaryFolder()).pipe(
      tap((event) => (received += event.event === 'progress' ? event.received : 0)),
    )
    await expect(lastValueFrom(counted$)).rejects.toMatchObject({ problem: 'damaged' })
    expect(received).toBeLessThan(10_000)
  })

  it('reports a range that it did not request', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'cut', after: 10 }, { is: 'elsewhere' }])
    const message = expect.stringMatching(/found bytes 11-4999\/5000, expected bytes from 10 on$/) as string
    expect(await failing(folder)).toMatchObject({ problem: 'unusable', message })
    expect(await contents(folder, 'model.safetensors.part')).toHaveLength(10)
  })

  it('fails after the maximum number of retries', async () => {
    hub.files = model()
    hub.mischief.set('model.safetensors', Array<Mischief>(50).fill({ is: 'cut', after: 0 }))
    const error = await failing(await temporaryFolder())
    expect(error).toMatchObject({ problem: 'unreachable' })
    expect(ranges()).toHaveLength(6)
  })

  it('fails after too long a silence', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'silent', after: 100 }])
    // On a busy machine other requests may be silent for as long, so they may be repeated too.
    const events = await pulled(folder, { patience: { ...hurried, tries: 100, silence: 0.5 } })
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'waiting',
        error: expect.objectContaining({ found: 'no data for 0.5 s' }) as Error,
      }),
    )
    expect(ranges().length).toBeGreaterThan(1)
    await isWhole(folder, model())
  })

  it.each([
    [{ 'retry-after': '1' }, 1],
    [{ ratelimit: '"resolvers";r=0;t=1' }, 1],
    [{ date: 'Thu, 26 Nov 2026 10:00:00 GMT', 'retry-after': 'Thu, 26 Nov 2026 10:00:01 GMT' }, 1],
    [{}, 0.001],
  ])('waits as long as the hub requests: %j', async (headers, seconds) => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'status', status: 429, headers }])
    const begun = performance.now()
    const events = await pulled(folder)
    expect(events).toContainEqual(expect.objectContaining({ event: 'waiting', seconds }))
    expect(performance.now() - begun).toBeGreaterThan(seconds * 1000 - 20)
    await isWhole(folder, model())
  })

  it('does not wait longer than the limit', async () => {
    hub.files = model()
    hub.mischief.set('model.safetensors', [{ is: 'status', status: 429, headers: { 'retry-after': '3' } }])
    expect(await failing(await temporaryFolder())).toMatchObject({ problem: 'busy', wait: 3 })
  })

  it('requests the listing again if the hub is busy', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    hub.api = [
      { is: 'status', status: 503 },
      { is: 'status', status: 429, headers: { 'retry-after': '0' } },
    ]
    await pulled(folder)
    await isWhole(folder, model())
  })

  it.each([
    [
      { status: 404, headers: { 'x-error-code': 'RepoNotFound' } },
      null,
      'missing',
      /^org\/name: found no such model at /,
    ],
    [
      { status: 401, headers: { 'x-error-code': 'RepoNotFound' } },
      null,
      'missing',
      /\(a private one needs HF_TOKEN\)$/,
    ],
    [
      { status: 404, headers: { 'x-error-code': 'RevisionNotFound' } },
      null,
      'missing',
      /found no revision "main" \(404\)/,
    ],
    [{ status: 401 }, null, 'denied', /found access denied without a token \(401\), expected HF_TOKEN set/],
    [{ status: 401 }, 'hf_old', 'denied', /found access denied to the token \(401\)/],
    [{ status: 418 }, null, 'unusable', /found the HTTP status 418/],
  ] as const)('reports the meaning of %j', async (answer, token, problem, message) => {
    hub.api = [{ is: 'status', ...answer }]
    const folder = await temporaryFolder()
    const error = await failing(folder, {}, token)
    expect(error).toMatchObject({ _tag: 'HubError', problem, message: expect.stringMatching(message) as string })
    expect(await readdir(folder)).toEqual([])
  })

  it.each([
    [
      null,
      /found a gated model, expected its licence accepted at http.*\/org\/name, and HF_TOKEN set to a token of that/,
    ],
    ['hf_token', /found a gated model, expected its licence accepted at http.*\/org\/name by the account whose token/],
  ])('reports where the licence of a gated model can be accepted, with the token %j', async (token, message) => {
    hub.files = model()
    hub.mischief.set('config.json', [{ is: 'status', status: 403, headers: { 'x-error-code': 'GatedRepo' } }])
    const error = await failing(await temporaryFolder(), {}, token)
    expect(error).toMatchObject({ problem: 'denied', message: expect.stringMatching(message) as string })
  })

  it('names the files of a repository without safetensors', async () => {
    hub.files = ['model.gguf', 'README.md'].map((path, i) => ({ path, bytes: new Uint8Array(9 - i) }))
    const message = 'org/name: found model.gguf, README.md, expected weights as .safetensors files'
    expect(await failing(await temporaryFolder())).toMatchObject({ problem: 'unusable', message })
  })

  it('fails at once if the hub cannot be reached', async () => {
    const repository = { hub: { endpoint: 'http://127.0.0.1:9', token: null }, name: 'org/name', revision: 'main' }
    const error: unknown = await firstValueFrom(pullModel(repository, await temporaryFolder())).catch((e: unknown) => e)
    const message = expect.stringMatching(
      /^http:\/\/127\.0\.0\.1:9: found no connection \(.+\), expected a connect/,
    ) as string
    expect(error).toMatchObject({ problem: 'unreachable', message })
  })

  it('fails before it starts if the disk has too little space', async () => {
    const folder = await temporaryFolder()
    hub.files = [config, weights(manyBytes(10), { size: 1e17 })]
    const message = expect.stringMatching(
      /found \d+ free bytes, expected 1000000000000000\d\d free bytes for/,
    ) as string
    expect(await failing(folder)).toMatchObject({ problem: 'disk', place: folder, message })
    expect(await readdir(folder)).toEqual([])
  })

  it.runIf(process.platform === 'linux')('reports a full disk', async () => {
    const folder = await temporaryFolder()
    hub.files = model()
    await symlink('/dev/full', join(folder, 'model.safetensors.part'))
    const message = expect.stringMatching(/no space left.*, expected free disk space/) as string
    expect(await failing(folder)).toMatchObject({ problem: 'disk', message })
  })

  it('names a path that is not a folder', async () => {
    const folder = join(await temporaryFolder(), 'file')
    hub.files = model()
    await writeFile(folder, '')
    expect(await failing(folder)).toMatchObject({ problem: 'disk', place: folder })
    const inside = await temporaryFolder()
    await mkdir(join(inside, 'config.json.part'))
    expect(await failing(inside)).toMatchObject({ problem: 'disk', place: join(inside, 'config.json.part') })
  })
})

it('pullModel downloads at most the given number of files at the same time', async () => {
  hub.files = [...model(), ...['a', 'b', 'c', 'd'].map((name) => ({ path: `LICENSE-${name}`, bytes: text(name) }))]
  const events = await lastValueFrom(
    pulling(await temporaryFolder(), { atOnce: 1 }).pipe(
      filter(({ event }) => event === 'progress' || event === 'whole'),
      toArray(),
    ),
  )
  const paths = events.map((event) => ('path' in event ? event.path : ''))
  expect(paths.filter((path, i) => path !== paths[i - 1])).toHaveLength(6)
})

describe('proxy', () => {
  const { proxyTo } = localServers()

  it('serves `entrain pull`', async () => {
    hub.files = model()
    const proxy = await proxyTo(hub.endpoint)
    const folder = await temporaryFolder()
    const env = { ...process.env, HF_ENDPOINT: 'http://hub.invalid', HTTP_PROXY: proxy.url, http_proxy: proxy.url }
    await promisify(execFile)(
      process.execPath,
      ['dist/cli/main.js', 'pull', 'org/name', '--out', join(folder, 'model')],
      { env },
    )
    expect(await readdir(join(folder, 'model'))).toEqual(['config.json', 'model.safetensors'])
    const hosts = proxy.asked.map((each) => new URL(each.replace('GET ', '')).host)
    expect(new Set(hosts)).toEqual(new Set(['hub.invalid']))
  })
})
