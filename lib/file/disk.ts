import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'

/** File that is written from its beginning. */
export interface WritableFile {
  /** Writes bytes and returns how many were written, which may be fewer. @errors rejects with the error of the file system */
  readonly write: (bytes: Uint8Array) => Promise<number>
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
    const folder = await open(path, 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },
  list: (path) => readdir(path),
}

const writableFile = (handle: FileHandle): WritableFile => ({
  write: async (bytes) => (await handle.write(bytes)).bytesWritten,
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
    for await (const piece of pieces)
      for (let at = 0; at < piece.length;) at += await file.write(piece.subarray(at, at + PIECE))
    await file.sync()
  } finally {
    await file.close()
  }
}
