import * as E from 'fp-ts/lib/Either.js'
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { SettingError } from './setting-error.js'

/** Hosts that never use a proxy, because a proxy would look for them on its own machine. */
const LOOPBACK = 'localhost,127.0.0.1,[::1]'

/** Maximum time to connect. A lost packet is sent again after 1 s and 3 s. @units ms */
const CONNECT_LIMIT = 5000

/**
 * Creates an agent that sends requests through the proxies of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, and `NO_PROXY`, the list
 * of hosts without a proxy. Requests to this machine never use a proxy. The agent limits the time to connect, and no other.
 *
 * Node checks certificates. `NODE_EXTRA_CA_CERTS=FILE` adds those of an authority of your own.
 *
 * @errors SettingError for a proxy that is no address
 */
export const createProxyAgent = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): E.Either<SettingError, Dispatcher> => {
  // undici reads the variables of the process where an option is absent. An empty text is no proxy.
  const valueOf = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? ''
  const wrong = ['HTTP_PROXY', 'HTTPS_PROXY'].find((name) => !isProxy(valueOf(name)))
  if (wrong !== undefined) return E.left(badProxy(wrong))
  return E.right(
    new EnvHttpProxyAgent({
      httpProxy: valueOf('HTTP_PROXY'),
      httpsProxy: valueOf('HTTPS_PROXY'),
      noProxy: valueOf('NO_PROXY') === '*' ? '*' : `${valueOf('NO_PROXY')},${LOOPBACK}`,
      connectTimeout: CONNECT_LIMIT,
      headersTimeout: 0,
      bodyTimeout: 0,
    }),
  )
}

const isProxy = (value: string): boolean =>
  value === '' || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))

/** The error does not repeat the value, because the address of a proxy may have a password. */
const badProxy = (name: string): SettingError =>
  new SettingError(
    `the environment variable ${name}`,
    'a text that is not the address of a proxy',
    'an address such as http://proxy.example:3128',
  )
