import { Response } from 'undici'
import { describe, expect, it } from 'vitest'
import { HubError } from '#lib/checkpoint/hub/hub-error.js'
import { jsonOf } from '#lib/checkpoint/hub/request.js'

describe('jsonOf', () => {
  const read = (text: string, limit?: number) => jsonOf(new Response(text), new AbortController().signal, limit)

  it('reads JSON up to its limit', async () => {
    expect(await read('{"sha":"ab"}', 12)).toEqual({ sha: 'ab' })
  })

  it('refuses a longer response, because a hub that sends without an end would fill the memory', async () => {
    await expect(read('{"sha":"ab"}', 11)).rejects.toThrow(HubError)
    await expect(read('{"sha":"ab"}', 11)).rejects.toThrow('found more than 11 bytes')
  })
})
