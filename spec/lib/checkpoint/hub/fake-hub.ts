import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach } from 'vitest'

/** A file of the fake repository. `listed` replaces its true size or checksum in the listing. */
export interface FakeFile {
  readonly path: string
  readonly bytes: Uint8Array
  /** Whether the file is in large-file storage: on another server, with a SHA-256. */
  readonly lfs?: boolean
  readonly listed?: { readonly size?: number; readonly hex?: string }
}

/** Fault of a request for a file. */
export type Mischief =
  | { readonly is: 'cut'; readonly after: number }
  | { readonly is: 'silent'; readonly after: number }
  | { readonly is: 'whole' }
  | { readonly is: 'other'; readonly bytes: Uint8Array }
  | { readonly is: 'elsewhere' }
  | { readonly is: 'status'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }

export interface Asked {
  readonly path: string
  readonly range: string | null
  readonly authorization: string | null
  readonly encoding: unknown
  readonly origin: string
}

export const COMMIT = 'c0ffee0123456789c0ffee0123456789c0ffee01'

export interface FakeHub {
  readonly endpoint: string
  /** All requests, in order. */
  readonly asked: Asked[]
  files: readonly FakeFile[]
  /** Number of entries per page of the listing. */
  page: number
  /** Faults of the requests for a file, one after the other. `null` is no fault; later requests have none. */
  mischief: Map<string, (Mischief | null)[]>
  /** Response of the API instead of the true one. */
  api: Extract<Mischief, { is: 'status' }>[]
}

/** A hub on this machine with one repository `org/name`, and a second server that it redirects to. */
export const fakeHub = (): FakeHub => {
  const servers: Server[] = []
  let endpoint = ''
  const hub: FakeHub = {
    get endpoint() {
      return endpoint
    },
    asked: [],
    files: [],
    page: 1000,
    mischief: new Map(),
    api: [],
  }
  beforeAll(async () => {
    const storage = await listening(servers, (request, response) => serve(hub, request, response, null))
    endpoint = await listening(servers, (request, response) => serve(hub, request, response, storage))
  })
  beforeEach(() => {
    hub.asked.length = 0
    Object.assign(hub, { files: [], page: 1000, mischief: new Map(), api: [] })
  })
  afterAll(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })
  return hub
}

const listening = async (servers: Server[], listener: RequestListener): Promise<string> => {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Request handler. `storage` is the address of large files; null for the storage itself. */
const serve = (hub: FakeHub, request: IncomingMessage, response: ServerResponse, storage: string | null): void => {
  const url = new URL(request.url ?? '', `http://${request.headers.host ?? ''}`)
  const { range = null, authorization = null, 'accept-encoding': encoding } = request.headers
  hub.asked.push({ path: `${url.pathname}${url.search}`, range, authorization, encoding, origin: url.origin })
  if (url.pathname.startsWith('/api/')) tell(hub, url, response, storage)
  else hand(hub, url, range, response, storage)
}

/** API: the commit of a branch, and its files. */
const tell = (hub: FakeHub, url: URL, response: ServerResponse, storage: string | null): void => {
  const instead = hub.api.shift()
  const root = '/api/models/org/name'
  if (instead !== undefined) refuse(response, instead)
  else if (url.pathname === `${root}/revision/main`) json(response, { sha: COMMIT, id: 'org/name' })
  else if (url.pathname === `${root}/tree/${COMMIT}`) tree(hub, url, response, storage)
  else refuse(response, notFound(url.pathname.startsWith(`${root}/`) ? 'RevisionNotFound' : 'RepoNotFound'))
}

/** The files themselves. */
const hand = (hub: FakeHub, url: URL, range: string | null, response: ServerResponse, storage: string | null): void => {
  const path = new RegExp(`^/org/name/(?:resolve|large)/${COMMIT}/(.*)$`).exec(url.pathname)?.[1]
  const file = hub.files.find((each) => each.path === path)
  if (file === undefined) refuse(response, notFound('EntryNotFound'))
  else if (file.lfs === true && storage !== null)
    response.writeHead(302, { location: `${storage}${url.pathname.replace('resolve', 'large')}` }).end('elsewhere')
  else send(response, file, range, hub.mischief.get(file.path)?.shift() ?? null)
}

const notFound = (code: string) => ({ status: 404, headers: { 'x-error-code': code } })

const send = (response: ServerResponse, file: FakeFile, range: string | null, mischief: Mischief | null): void => {
  if (mischief?.is === 'status') {
    refuse(response, mischief)
    return
  }
  const all = Buffer.from(mischief?.is === 'other' ? mischief.bytes : file.bytes)
  const start = mischief?.is === 'whole' ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  const from = start + (mischief?.is === 'elsewhere' ? 1 : 0)
  const body = all.subarray(from)
  if (range !== null && mischief?.is !== 'whole')
    response.writeHead(206, {
      'content-length': body.length,
      'content-range': `bytes ${from}-${all.length - 1}/${all.length}`,
    })
  else response.writeHead(200, { 'content-length': body.length })
  if (mischief?.is !== 'cut' && mischief?.is !== 'silent') {
    response.end(body)
    return
  }
  response.flushHeaders()
  // The connection is ended, not reset, so that the bytes sent arrive.
  response.write(body.subarray(0, mischief.after), () => {
    if (mischief.is === 'cut') response.socket?.end()
  })
  if (mischief.is === 'cut' && Math.min(mischief.after, body.length) === 0) response.socket?.end()
}

/** Address of the next page on the other server, which is not the hub. */
const tree = (hub: FakeHub, url: URL, response: ServerResponse, storage: string | null): void => {
  const first = Number(url.searchParams.get('cursor') ?? 0)
  const entries = [{ type: 'directory', path: 'onnx', size: 0, oid: 'd0' }, ...hub.files.map(entryOf)]
  if (first + hub.page < entries.length) {
    url.searchParams.set('cursor', String(first + hub.page))
    response.setHeader('link', `<${storage ?? url.origin}${url.pathname}${url.search}>; rel="next"`)
  }
  json(response, entries.slice(first, first + hub.page))
}

const entryOf = ({ path, bytes, lfs = false, listed }: FakeFile) => {
  const size = listed?.size ?? bytes.length
  if (!lfs) return { type: 'file', path, size, oid: listed?.hex ?? blobId(bytes) }
  const oid = listed?.hex ?? createHash('sha256').update(bytes).digest('hex')
  return { type: 'file', path, size, oid: 'of the pointer', lfs: { oid, size, pointerSize: 130 } }
}

const blobId = (bytes: Uint8Array): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

const json = (response: ServerResponse, value: unknown): void => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

const refuse = (
  response: ServerResponse,
  { status, headers }: Omit<Extract<Mischief, { is: 'status' }>, 'is'>,
): void => {
  response.writeHead(status, headers).end('no')
}
