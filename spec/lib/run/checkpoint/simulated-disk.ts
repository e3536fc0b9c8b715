import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Disk } from '#lib/file/disk.js'

/** File in memory: its contents, and the contents that are on the device. */
interface File {
  contents: Uint8Array
  synced: Uint8Array
}

/** Folder in memory: its names, and the names that are on the device. */
interface Folder {
  names: Map<string, Entry>
  synced: Map<string, Entry>
}

type Entry = File | Folder

const isFolder = (entry: Entry | undefined): entry is Folder => entry !== undefined && 'names' in entry

/** Parts of a disk that a crash can lose. */
export const losses = [
  // The process is killed: the system keeps every completed call.
  'nothing',
  // Power is lost: only contents and names that were synced are left.
  'what was not synced',
  // Power is lost after the system has written the names early.
  'contents that were not synced',
  // Power is lost after the system has written the contents early.
  'names that were not synced',
] as const

/** Losses of a crash. */
export type Loss = (typeof losses)[number]

const keepsContents: readonly Loss[] = ['nothing', 'names that were not synced']
const keepsNames: readonly Loss[] = ['nothing', 'contents that were not synced']

/** Fault of a system call. */
export type Fault = 'ENOSPC' | 'EIO' | 'half a write' | 'power loss'

const existing = (file: File | null): File => {
  if (file === null) throw systemError('ENOENT')
  return file
}

const systemError = (code: string) => Object.assign(new Error(`${code}: simulated`), { code })

/** Disk in memory whose calls are counted, and that can fail at any of them. */
export interface SimulatedDisk {
  readonly disk: Disk
  /** Number of calls so far. */
  readonly calls: () => number
  /** Causes a fault at the n-th call from now on, from 0. A power loss also fails every call after it. */
  readonly failAt: (call: number, fault: Fault) => void
  /** Writes what a crash leaves into a folder of this machine. */
  readonly writeRemains: (folder: string, loss: Loss) => void
}

export const simulatedDisk = (): SimulatedDisk => {
  const root: Folder = { names: new Map(), synced: new Map() }
  let calls = 0
  let planned: { readonly call: number; readonly fault: Fault } | null = null
  let isOff = false

  /** Counts a call; returns true if it writes only half of its bytes. */
  const call = (): boolean => {
    const isPlanned = calls++ === planned?.call
    if (isPlanned && planned!.fault === 'power loss') isOff = true
    if (isOff) throw systemError('POWER')
    if (isPlanned && planned!.fault !== 'half a write') throw systemError(planned!.fault)
    return isPlanned
  }
  const folderAt = (path: string): Folder => {
    let folder = root
    for (const name of path.split('/').filter((each) => each !== '')) {
      const next = folder.names.get(name)
      if (!isFolder(next)) throw systemError('ENOENT')
      folder = next
    }
    return folder
  }
  const fileAt = (path: string): File | null => {
    const entry = folderAt(dirname(path)).names.get(basename(path))
    return entry === undefined || isFolder(entry) ? null : entry
  }
  /** Call that the system answers, with its result or with an error. */
  const answer = <A>(work: (isShort: boolean) => A): Promise<A> => new Promise((resolve) => resolve(work(call())))
  const disk: Disk = {
    createFolder: (path) =>
      answer(() => {
        let folder = root
        for (const name of path.split('/').filter((each) => each !== '')) {
          const next = folder.names.get(name) ?? { names: new Map(), synced: new Map() }
          folder.names.set(name, next)
          folder = next as Folder
        }
      }),
    openFile: (path) =>
      answer(() => {
        const file: File = { contents: new Uint8Array(0), synced: new Uint8Array(0) }
        folderAt(dirname(path)).names.set(basename(path), file)
        return {
          write: (bytes, at) =>
            answer((isShort) => {
              const count = isShort ? Math.ceil(bytes.length / 2) : bytes.length
              const contents = new Uint8Array(Math.max(file.contents.length, at + count))
              contents.set(file.contents)
              contents.set(bytes.subarray(0, count), at)
              file.contents = contents
              return count
            }),
          sync: () =>
            answer(() => {
              file.synced = file.contents
            }),
          close: () => answer(() => undefined),
        }
      }),
    rename: (from, to) =>
      answer(() => {
        const entry = folderAt(dirname(from)).names.get(basename(from))
        if (entry === undefined) throw systemError('ENOENT')
        folderAt(dirname(from)).names.delete(basename(from))
        folderAt(dirname(to)).names.set(basename(to), entry)
      }),
    remove: (path) =>
      answer(() => {
        try {
          folderAt(dirname(path)).names.delete(basename(path))
        } catch {
          // A missing one is no error.
        }
      }),
    syncFolder: (path) =>
      answer(() => {
        const folder = folderAt(path)
        folder.synced = new Map(folder.names)
      }),
    list: (path) => answer(() => [...folderAt(path).names.keys()]),
    sizeOf: (path) => answer(() => fileAt(path)?.contents.length ?? null),
    readFrom: async function* (path, start) {
      yield await answer(() => existing(fileAt(path)).contents.subarray(start))
    },
    truncate: (path, size) =>
      answer(() => {
        const file = existing(fileAt(path))
        file.contents = file.contents.slice(0, size)
      }),
    syncFile: (path) =>
      answer(() => {
        const file = existing(fileAt(path))
        file.synced = file.contents
      }),
  }
  return {
    disk,
    calls: () => calls,
    failAt: (after, fault) => {
      planned = { call: calls + after, fault }
    },
    writeRemains: (folder, loss) => {
      const write = (entry: Entry, place: string): void => {
        if (!isFolder(entry)) {
          writeFileSync(place, keepsContents.includes(loss) ? entry.contents : entry.synced)
          return
        }
        mkdirSync(place, { recursive: true })
        const names = keepsNames.includes(loss) ? entry.names : entry.synced
        for (const [name, each] of names) write(each, join(place, name))
      }
      // The folder of the run itself is on the device.
      for (const [name, entry] of root.names) write(entry, join(folder, name))
    },
  }
}
