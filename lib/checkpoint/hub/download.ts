import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Response } from 'undici'
import { partPath, toDiskError } from './disk.js'
import { HubError } from './hub-error.js'
import type { RepositoryFile } from './listing.js'
import { bytesOf, connectionCut, request } from './request.js'
import type { Repository } from './repository.js'

/** Event: more bytes of a file were checked or received. @units bytes */
export interface Progress {
  readonly event: 'progress'
  readonly path: string
  /** Number of bytes on this disk that the checksum includes. */
  readonly here: number
  /** Number of bytes received since the last event. */
  readonly received: number
}

/** Event: a file is complete and its checksum is correct. */
export interface Whole {
  readonly event: 'whole'
  readonly path: string
  /** True if the file was complete before the download. */
  readonly kept: boolean
}

/** A file to download, and its target folder. */
export interface DownloadJob {
  readonly repository: Repository
  readonly commit: string
  readonly file: RepositoryFile
  readonly folder: string
}

/** Incomplete file on disk, with the checksum of its bytes so far. */
interface Part {
  readonly path: string
  readonly handle: FileHandle
  length: number
  hash: Hash
}

/**
 * Downloads one file into `NAME.part`, resumes at the end of an earlier part, and renames it when its checksum is correct. A
 * file that is already complete is kept. If the connection, the disk or the caller ends the download, the part stays for the
 * next attempt.
 *
 * @errors throws HubError, or an AbortError if `signal` is aborted
 */
export async function* download(job: DownloadJob, signal: AbortSignal): AsyncGenerator<Progress | Whole> {
  const { file, folder } = job
  const path = join(folder, file.path)
  try {
    if (yield* isIntact(file, path, signal)) {
      yield { event: 'whole', path: file.path, kept: true }
      return
    }
    await mkdir(dirname(path), { recursive: true })
    yield* completePart(job, partPath(path), signal)
    await rename(partPath(path), path)
    yield { event: 'whole', path: file.path, kept: false }
  } catch (error) {
    throw toDiskError(error, path)
  }
}

/** Checks whether the file at a path has the size and checksum of the repository's file. */
async function* isIntact(file: RepositoryFile, path: string, signal: AbortSignal): AsyncGenerator<Progress, boolean> {
  const found = await stat(path).catch(() => null)
  if (found?.size !== file.size) return false
  const hash = hashOf(file)
  yield* hashFile(file, path, hash, file.size, signal)
  return hash.digest('hex') === file.checksum.hex
}

/** Completes a part. If the checksum of a resumed part is wrong, its bytes may be of another version, so it starts again. */
async function* completePart(job: DownloadJob, path: string, signal: AbortSignal): AsyncGenerator<Progress> {
  const { file } = job
  const part: Part = { path, handle: await open(path, 'a'), length: 0, hash: hashOf(file) }
  let resumed: boolean
  try {
    const { size } = await part.handle.stat()
    if (size > file.size) await emptyPart(part, file)
    else yield* hashFile(file, path, part.hash, (part.length = size), signal)
    resumed = part.length > 0
    if (part.length < file.size) yield* fetchRest(job, part, signal)
    if (part.length === file.size && part.hash.digest('hex') === file.checksum.hex) return
  } finally {
    await part.handle.close()
  }
  await rm(path)
  if (!resumed) throw damagedError(job)
  yield* completePart(job, path, signal)
}

/** Fetches the missing bytes and appends them to the part. */
async function* fetchRest(
  { repository, commit, file }: DownloadJob,
  part: Part,
  signal: AbortSignal,
): AsyncGenerator<Progress> {
  const names = file.path.split('/').map(encodeURIComponent).join('/')
  const url = `${repository.hub.endpoint}/${repository.name}/resolve/${commit}/${names}`
  const range = part.length === 0 ? {} : { range: `bytes=${part.length}-` }
  const response = await request(repository, url, signal, range)
  // A server may ignore the range and send the whole file.
  if (!continuesAt(part.length, response)) await emptyPart(part, file)
  for await (const bytes of bytesOf(response, signal)) {
    await part.handle.appendFile(bytes)
    part.hash.update(bytes)
    part.length += bytes.length
    if (part.length > file.size) return
    yield { event: 'progress', path: file.path, here: part.length, received: bytes.length }
  }
  if (part.length < file.size) throw connectionCut(response.url, `${part.length} of ${file.size} bytes of ${file.path}`)
}

/** Returns whether a response continues the file after `length` bytes. @errors throws HubError for another range */
const continuesAt = (length: number, { status, headers, url }: Response): boolean => {
  if (status !== 206) return length === 0
  const range = headers.get('content-range') ?? 'no range'
  // The error names the origin only, because the rest of the address may be a signature that grants access.
  if (!range.startsWith(`bytes ${length}-`))
    throw new HubError('unusable', new URL(url).origin, range, `bytes from ${length} on`)
  return true
}

const emptyPart = async (part: Part, file: RepositoryFile): Promise<void> => {
  await part.handle.truncate(0)
  part.length = 0
  part.hash = hashOf(file)
}

/** Adds the first `length` bytes of a file on this disk to a checksum. */
async function* hashFile(
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

/** Creates the checksum of a file. Git's blob id is the SHA-1 of a header and the bytes. */
const hashOf = ({ checksum, size }: RepositoryFile): Hash =>
  checksum.of === 'bytes' ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)

const damagedError = ({ repository, file, folder }: DownloadJob): HubError =>
  new HubError(
    'damaged',
    join(folder, file.path),
    `bytes that do not match the checksum at ${repository.hub.endpoint}, and removed them`,
    `${file.size} bytes with the checksum ${file.checksum.hex}; run it again, or check for a proxy that changes downloads`,
  )
