import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, it } from 'vitest'
import { dashboardAddress } from '#cli/config/dashboard.js'

const place = (flags: Readonly<Record<string, string>>) => dashboardAddress(new Map(Object.entries(flags)))
const problems = (flags: Readonly<Record<string, string>>) => {
  const found = place(flags)
  return E.isLeft(found) ? found.left.problems : found.right
}
const own = 'sixteen-or-more_.~'

describe('dashboardAddress', () => {
  it('defaults to the loopback address, a fixed port and a random token', () => {
    expect(place({})).toEqual(
      E.right({ host: '127.0.0.1', port: 7600, token: expect.stringMatching(/^[\w-]{22}$/) as string }),
    )
    expect(place({})).not.toEqual(place({}))
  })

  it('reads the flags', () => {
    expect(place({ host: '0.0.0.0', port: '0', token: own })).toEqual(E.right({ host: '0.0.0.0', port: 0, token: own }))
  })

  it.each(['localhost', '::1', '127.0.0.1', '127.8.0.1'])('needs no token at %s', (host) => {
    expect(E.isRight(place({ host }))).toBe(true)
  })

  it.each(['0.0.0.0', '::', '192.168.1.5', 'machine.example', '127.0.0.1.example', '0', 'localhost.example'])(
    'needs a token at %s, because other machines reach it',
    (host) => {
      expect(problems({ host })).toEqual([
        `--token: found none with --host ${host}, which other machines can reach; expected a token of at least 16 characters`,
      ])
      expect(E.isRight(place({ host, token: own }))).toBe(true)
    },
  )

  it.each([
    [{ port: 'x' }, '--port: found "x", expected an integer >= 0'],
    [{ port: '-1' }, '--port: found -1, expected an integer >= 0'],
    [{ port: '70000' }, '--port: found 70000, expected a port: an integer from 0 to 65535'],
    [{ host: 'a b' }, '--host: found "a b", expected an address or a name of this machine'],
    [{ host: 'a/b' }, '--host: found "a/b", expected an address or a name of this machine'],
    [{ token: 'short' }, '--token: found 5 characters, expected at least 16'],
    [{ token: 'a token of many words' }, '--token: found other characters, expected letters, digits and - . _ ~'],
  ])('refuses %j', (flags, problem) => expect(problems(flags)).toEqual([problem]))
})
