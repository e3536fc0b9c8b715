import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { newToken } from '../dashboard/server/access.js'
import type { DashboardOptions } from '../dashboard/server/open-dashboard.js'
import { foundAndExpected } from '../lib/codec/describe-errors.js'
import { strictRecord } from './config/strict-record.js'
import { ConfigError } from './config/config-error.js'
import { integerFrom, orNone, text } from './config/fields.js'
import { refined } from './config/refined.js'
import { resolve } from './config/resolve.js'
import { type Flag, group, numberSetting, orNoneTextSetting, textSetting } from './flag.js'
import { flagLayer, type Given, isOn } from './parse-flags.js'

/** Where a dashboard is to be had. */
export type Place = Required<Pick<DashboardOptions, 'host' | 'port' | 'token'>>

/** The port is always the same, so that an address, or a tunnel to it, can be kept; one that is taken is told. */
export const dashboardDefaults = { port: 7600, host: '127.0.0.1', token: null }

export const dashboardSettings = group('Dashboard', [
  numberSetting('port', 'where the dashboard listens; 0: any that is free'),
  textSetting('host', 'address it listens at; 0.0.0.0: all of this machine, which takes a --token', 'ADDRESS'),
  orNoneTextSetting('token', 'who has it may watch and steer; none: another each time', 'TEXT'),
])

/** Asks for one beside what a command does. */
export const dashboardFlag: Flag = {
  name: 'dashboard',
  value: '[true|false]',
  yesOrNo: true,
  about: 'watch and steer the run in a browser, at the address that is printed',
  group: 'Dashboard',
}

/** The dashboard that was asked for; null where none was. @errors ConfigError naming the flag */
export const dashboardAsked = (flags: Given): E.Either<ConfigError, Place | null> =>
  pipe(
    isOn(dashboardFlag, flags),
    E.chain((asked): E.Either<ConfigError, Place | null> => {
      if (asked) return dashboardPlace(flags)
      const without = dashboardSettings.find(({ name }) => flags.has(name))
      return without === undefined
        ? E.right(null)
        : E.left(new ConfigError([`--${without.name}: found no --dashboard beside it, expected one`]))
    }),
  )

/** Of a token that a person makes up. @units characters */
const SHORTEST = 16

const PlaceCodec = strictRecord({
  port: refined(integerFrom(0), (port) =>
    port < 2 ** 16 ? undefined : foundAndExpected(port, 'a port: an integer from 0 to 65535'),
  ),
  host: refined(text, (host) =>
    /^[\w.:-]+$/.test(host) ? undefined : foundAndExpected(host, 'an address or a name of this machine'),
  ),
  token: orNone(text),
})

/** What the flags say of a dashboard. @errors ConfigError naming the flag */
export const dashboardPlace = (flags: Given): E.Either<ConfigError, Place> =>
  pipe(
    resolve(PlaceCodec, dashboardDefaults, [flagLayer(dashboardSettings, flags)]),
    E.chain(({ port, host, token }) => {
      if (token !== null && !/^[\w.~-]+$/.test(token)) return refused(`found other characters, expected ${allowed}`)
      if (token !== null && token.length < SHORTEST)
        return refused(`found ${token.length} characters, expected at least ${SHORTEST}`)
      if (token === null && !isLoopback(host))
        return refused(
          `found none beside --host ${host}, where others reach it; expected one of your own, at least ${SHORTEST} characters`,
        )
      return E.right({ port, host, token: token ?? newToken() })
    }),
  )

const allowed = 'letters, digits and - . _ ~'

/** Never the token itself: what is refused may be nearly right. */
const refused = (problem: string) => E.left(new ConfigError([`--token: ${problem}`]))

/** Whether only this machine reaches it. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
