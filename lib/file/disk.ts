import { type FileHandle, mkdir, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { isMissing } from './missing-file.js'

/** File that is written. */
export interface WritableFile {
  /**
   * Writes bytes from a place on, and returns how many were written, which may be fewer.
   *
   * @units at: bytes
   * @errors rejects with the error of the file system
   */
  readonly write: (bytes: Uint8Array, at: number) => Promise<number>
  /** Returns when the contents are on the device. */
  readonly sync: () => Promise<void>
  readonly close: () => Promise<void>
}

/**
 * System calls that write files and folders. Specs replace them by a disk that is full, fails or loses power between two
 * calls. Every call rejects with the error of the file system.
 */
export interface Disk {
  /** Creates a folder, and the folders above it. An existing folder stays. */
  readonly createFolder: (path: string) => Promise<void>
  /** Opens a file to write. An existing file is replaced. */
  readonly openFile: (path: string) => Promise<WritableFile>
  readonly rename: (from: string, to: string) => Promise<void>
  /** Removes a file, or a folder with its contents. A missing one is no error. */
  readonly remove: (path: string) => Promise<void>
  /** Returns when the names in a folder are on the device. */
  readonly syncFolder: (path: string) => Promise<void>
  /** Names in a folder. */
  readonly list: (path: string) => Promise<readonly string[]>
  /** Size of a file; null if there is none. @units bytes */
  readonly sizeOf: (path: string) => Promise<number | null>
  /** Contents of a file from a place to its end. @units start: bytes */
  readonly readFrom: (path: string, start: number) => AsyncIterable<Uint8Array>
  /** Cuts a file back to a size. @units bytes */
  readonly truncate: (path: string, size: number) => Promise<void>
  /** Returns when the contents of a file are on the device. */
  readonly syncFile: (path: string) => Promise<void>
}

/** The disk of this machine. */
export const machineDisk: Disk = {
  createFolder: async (path) => {
    await mkdir(path, { recursive: true })
  },
  openFile: async (path) => writableFile(await open(path, 'w')),
  rename,
  remove: (path) => rm(path, { recursive: true, force: true }),
  syncFolder: async (path) => {
    // Windows cannot open a folder, and writes names at once.
    if (process.platform === 'win32') return
    await syncAt(path, 'r')
  },
  list: (path) => readdir(path),
  sizeOf: async (path) => {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  },
  readFrom,
  truncate,
  syncFile: (path) => syncAt(path, 'r+'),
}

const syncAt = async (path: string, flags: 'r' | 'r+'): Promise<void> => {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Size of the parts in which a file is read. @units bytes */
const PART = 2 ** 20

async function* readFrom(path: string, start: number): AsyncGenerator<Uint8Array> {
  const handle = await open(path, 'r')
  try {
    for (let at = start; ;) {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(PART), 0, PART, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await handle.close()
  }
}

const writableFile = (handle: FileHandle): WritableFile => ({
  write: async (bytes, at) => (await handle.write(bytes, 0, bytes.length, at)).bytesWritten,
  sync: () => handle.sync(),
  close: () => handle.close(),
})

/** Largest number of bytes of one system call. A call of Linux writes less than 2 GiB. @units bytes */
const PIECE = 2 ** 30

/**
 * Writes a file from pieces and returns when it is on the device.
 *
 * @errors rejects with the error of the file system
 */
export const writeDurably = async (
  { openFile }: Disk,
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> => {
  const file = await openFile(path)
  try {
    let end = 0
    for await (const piece of pieces) {
      await writePiece(file, piece, end)
      end += piece.length
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes all bytes from a place on. @units at: bytes @errors rejects with the error of the file system */
export const writePiece = async (file: Pick<WritableFile, 'write'>, bytes: Uint8Array, at: number): Promise<void> => {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done, done + PIECE), at + done)
}
