import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ask, bytesOf, cut } from './ask.js'
import { ofDisk, partOf } from './disk.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'
import type { Repository } from './repository.js'

/** How far a file has come. @units bytes */
export interface Progress {
  readonly event: 'progress'
  readonly path: string
  /** Of the file, here and accounted for. */
  readonly here: number
  /** Over the network, since the last. */
  readonly received: number
}

/** A file that is here, and right. */
export interface Whole {
  readonly event: 'whole'
  readonly path: string
  /** Whether it was here before. */
  readonly kept: boolean
}

/** What to fetch, and the folder where it goes. */
export interface Order {
  readonly repository: Repository
  readonly commit: string
  readonly file: RepositoryFile
  readonly folder: string
}

/** What has come of a file: it grows on disk, and its checksum with it. */
interface Part {
  readonly path: string
  readonly handle: FileHandle
  length: number
  hash: Hash
}

/**
 * Fetches one file: into `NAME.part`, from the byte where that ends, renamed once its checksum is right. What is already
 * whole and right is left alone; a part is left for the next time where the connection, the disk or the caller ends it.
 *
 * @errors HubError; an AbortError where `signal` is aborted
 */
export async function* download(order: Order, signal: AbortSignal): AsyncGenerator<Progress | Whole> {
  const { file, folder } = order
  const path = join(folder, file.path)
  try {
    if (yield* isRight(file, path, signal)) {
      yield { event: 'whole', path: file.path, kept: true }
      return
    }
    await mkdir(dirname(path), { recursive: true })
    yield* completed(order, partOf(path), signal)
    await rename(partOf(path), path)
    yield { event: 'whole', path: file.path, kept: false }
  } catch (error) {
    throw ofDisk(error, path)
  }
}

/** Whether the file at that path is the one of the repository. */
async function* isRight(file: RepositoryFile, path: string, signal: AbortSignal): AsyncGenerator<Progress, boolean> {
  const there = await stat(path).catch(() => null)
  if (there?.size !== file.size) return false
  const hash = hashOf(file)
  yield* hashed(file, path, hash, file.size, signal)
  return hash.digest('hex') === file.checksum.hex
}

/** Adds what the part lacks, until it is right. Bytes that were there before may be of another version: those go first. */
async function* completed(order: Order, path: string, signal: AbortSignal): AsyncGenerator<Progress> {
  const { file } = order
  const part: Part = { path, handle: await open(path, 'a'), length: 0, hash: hashOf(file) }
  let resumed: boolean
  try {
    const { size } = await part.handle.stat()
    if (size > file.size) await emptied(part, file)
    else yield* hashed(file, path, part.hash, (part.length = size), signal)
    resumed = part.length > 0
    if (part.length < file.size) yield* fetched(order, part, signal)
    if (part.length === file.size && part.hash.digest('hex') === file.checksum.hex) return
  } finally {
    await part.handle.close()
  }
  await rm(path)
  if (!resumed) throw damaged(order)
  yield* completed(order, path, signal)
}

/** The bytes that are missing, as they are written. */
async function* fetched(
  { repository, commit, file }: Order,
  part: Part,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const names = file.path.split('/').map(encodeURIComponent).join('/')
  const url = `${repository.hub.endpoint}/${repository.name}/resolve/${commit}/${names}`
  const range = part.length === 0 ? {} : { range: `bytes=${part.length}-` }
  const response = await ask(repository, url, signal, range)
  // A server may send everything all the same.
  if (!goesOnAt(part.length, response)) await emptied(part, file)
  for await (const bytes of bytesOf(response, signal)) {
    await part.handle.appendFile(bytes)
    part.hash.update(bytes)
    part.length += bytes.length
    if (part.length > file.size) return
    yield { event: 'progress', path: file.path, here: part.length, received: bytes.length }
  }
  if (part.length < file.size) throw cut(response.url, `${part.length} of ${file.size} bytes of ${file.path}`)
}

/** @errors HubError where the answer is a piece of the file that was not asked for */
const goesOnAt = (length: number, { status, headers, url }: Response): boolean => {
  if (status !== 206) return length === 0
  const range = headers.get('content-range') ?? 'no range'
  // Of the address only the origin: the rest may be a signature that opens it.
  if (!range.startsWith(`bytes ${length}-`))
    throw new HubError('unusable', new URL(url).origin, range, `bytes from ${length} on`)
  return true
}

const emptied = async (part: Part, file: RepositoryFile): Promise<void> => {
  await part.handle.truncate(0)
  part.length = 0
  part.hash = hashOf(file)
}

/** Adds the first bytes of a file on this disk to a checksum. */
async function* hashed(
  { path }: RepositoryFile,
  from: string,
  hash: Hash,
  length: number,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  if (length === 0) return
  let here = 0
  for await (const bytes of createReadStream(from, { end: length - 1, highWaterMark: 1 << 20, signal })) {
    hash.update(bytes as Buffer)
    here += (bytes as Buffer).length
    yield { event: 'progress', path, here, received: 0 }
  }
}

/** Git's id of a blob is the sha1 of its bytes behind a header. */
const hashOf = ({ checksum, size }: RepositoryFile): Hash =>
  checksum.of === 'bytes' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)

const damaged = ({ repository, file, folder }: Order): HubError =>
  new HubError(
    'damaged',
    join(folder, file.path),
    `other bytes than those that ${repository.hub.endpoint} lists, and removed them`,
    `${file.size} bytes with the checksum ${file.checksum.hex}; run it again, or look at what is between here and there`,
  )
