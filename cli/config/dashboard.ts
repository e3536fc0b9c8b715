import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { createToken } from '../../dashboard/server/access.js'
import type { DashboardOptions } from '../../dashboard/server/open-dashboard.js'
import { foundAndExpected } from '../../lib/codec/describe-errors.js'
import { strictRecord } from './strict-record.js'
import { ConfigError } from './config-error.js'
import { integerFrom, nonNegative, orNone, text } from './fields.js'
import { withRule } from './with-faults.js'
import { resolve } from './resolve.js'
import { type Flag, group, numberSetting, orNoneTextSetting, textSetting } from '../flag.js'
import { flagLayer, type FlagValues, isOn } from '../parse-flags.js'

/** Address and access token of a dashboard. */
export type DashboardAddress = Required<Pick<DashboardOptions, 'host' | 'port' | 'token'>>

/** The port is fixed, so that a bookmark or a tunnel keeps working. */
export const dashboardDefaults = { port: 7600, host: '127.0.0.1', token: null }

export const dashboardSettings = group('Dashboard', [
  numberSetting('port', 'port of the dashboard; 0: any free port'),
  textSetting(
    'host',
    'address that the dashboard listens at; 0.0.0.0: all addresses of this machine, which requires --token',
    'ADDRESS',
  ),
  orNoneTextSetting(
    'token',
    'access token of the dashboard, at least 16 characters; none: a random one each time',
    'TEXT|none',
  ),
])

/** Dashboard of a run: its address, and how long it may outlive the run. */
export interface RunDashboard extends DashboardAddress {
  /** @units seconds */
  readonly linger: number
}

export const runDashboardDefaults = { ...dashboardDefaults, linger: 60 }

const lingerSettings = group('Dashboard', [
  numberSetting(
    'linger',
    'maximum seconds that the dashboard stays after the run while a page is open; 0: it stops with the run',
  ),
])

/** Settings of the dashboard of a run. */
export const runDashboardSettings = [...dashboardSettings, ...lingerSettings]

/** Flag that opens a dashboard for the run of a command. */
export const dashboardFlag: Flag = {
  name: 'dashboard',
  value: '[true|false]',
  yesOrNo: true,
  about: 'open a dashboard to watch and steer the run in a browser; its address is printed',
  group: 'Dashboard',
}

/** Reads the flags of the dashboard; null if --dashboard is not set. @errors ConfigError naming the flag */
export const requestedDashboard = (flags: FlagValues): E.Either<ConfigError, RunDashboard | null> =>
  pipe(
    isOn(dashboardFlag, flags),
    E.chain((requested): E.Either<ConfigError, RunDashboard | null> => {
      if (requested) return runDashboard(flags)
      const other = runDashboardSettings.find(({ name }) => flags.has(name))
      return other === undefined
        ? E.right(null)
        : E.left(
            new ConfigError([
              `--${other.name}: found it without --dashboard, expected both, because it has no effect alone`,
            ]),
          )
    }),
  )

/** Longest time that a dashboard may outlive its run. @units seconds */
const MAX_LINGER = 24 * 60 * 60

const LingerCodec = strictRecord({
  linger: withRule(nonNegative, (seconds) =>
    seconds <= MAX_LINGER ? undefined : foundAndExpected(seconds, `at most ${MAX_LINGER} seconds`),
  ),
})

const runDashboard = (flags: FlagValues): E.Either<ConfigError, RunDashboard> =>
  pipe(
    dashboardAddress(flags),
    E.chain((address) =>
      pipe(
        resolve(LingerCodec, { linger: runDashboardDefaults.linger }, [flagLayer(lingerSettings, flags)]),
        E.map(({ linger }) => ({ ...address, linger })),
      ),
    ),
  )

/** Minimum length of a token that a person chooses. @units characters */
const MIN_TOKEN = 16

const AddressCodec = strictRecord({
  port: withRule(integerFrom(0), (port) =>
    port < 2 ** 16 ? undefined : foundAndExpected(port, 'a port: an integer from 0 to 65535'),
  ),
  host: withRule(text, (host) =>
    /^[\w.:-]+$/.test(host) ? undefined : foundAndExpected(host, 'an address or a name of this machine'),
  ),
  token: orNone(text),
})

/** Reads the address and the token of a dashboard. @errors ConfigError naming the flag */
export const dashboardAddress = (flags: FlagValues): E.Either<ConfigError, DashboardAddress> =>
  pipe(
    resolve(AddressCodec, dashboardDefaults, [flagLayer(dashboardSettings, flags)]),
    E.chain(({ port, host, token }) => {
      if (token !== null && !/^[\w.~-]+$/.test(token)) return tokenError(`found other characters, expected ${allowed}`)
      if (token !== null && token.length < MIN_TOKEN)
        return tokenError(`found ${token.length} characters, expected at least ${MIN_TOKEN}`)
      if (token === null && !isLoopback(host))
        return tokenError(
          `found none with --host ${host}, which other machines can reach; expected a token of at least ${MIN_TOKEN} characters`,
        )
      return E.right({ port, host, token: token ?? createToken() })
    }),
  )

const allowed = 'letters, digits and - . _ ~'

/** Error of the token. It never shows the token, because a wrong token can be nearly right. */
const tokenError = (problem: string) => E.left(new ConfigError([`--token: ${problem}`]))

/** True if only this machine can reach the address. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
