import { readdir, readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { rightOrThrow } from '#lib/or-throw.js'
import { openEventFile } from '#lib/tensorboard/event-file.js'
import { temporaryFolder } from '../run/temporary.js'
import { eventsIn } from './event-reader.js'

const scalars = [
  { tag: 'entropy', value: 0.5 },
  { tag: 'accepted/zero', value: 0 },
]

describe('openEventFile', () => {
  it('has the name that TensorBoard expects, with second, host and process', async () => {
    const folder = await temporaryFolder()
    rightOrThrow(openEventFile(folder, () => 1234567.9)()).close()
    expect(await readdir(folder)).toEqual([`events.out.tfevents.0001234567.${hostname()}.${process.pid}.0`])
  })

  it('has every step on disk when append returns, after the version, with the time of the clock', async () => {
    const folder = await temporaryFolder()
    let now = 100
    const events = rightOrThrow(openEventFile(folder, () => now++)())
    const [name = ''] = await readdir(folder)
    const read = async () => eventsIn(await readFile(join(folder, name)))
    const head = { wallTime: 100, step: 0, fileVersion: 'brain.Event:2', scalars: [] }
    expect(await read()).toEqual([head])
    events.append(0, scalars)
    expect(await read()).toEqual([head, { wallTime: 101, step: 0, fileVersion: null, scalars }])
    events.append(7, [])
    expect((await read()).slice(2)).toEqual([{ wallTime: 102, step: 7, fileVersion: null, scalars: [] }])
    events.close()
  })

  it('returns the error of a folder that does not exist', () => {
    expect(() => rightOrThrow(openEventFile('/nowhere', () => 0)())).toThrow('/nowhere: found no such file, expected')
  })
})
