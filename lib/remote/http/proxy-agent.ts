import { BlockList, isIP } from 'node:net'
import * as E from 'fp-ts/lib/Either.js'
import { Agent, Dispatcher, EnvHttpProxyAgent } from 'undici'
import { SettingError } from './setting-error.js'

/** Hosts that never use a proxy, because a proxy would look for them on its own machine. */
const LOOPBACK = 'localhost,127.0.0.1,[::1]'

/** Maximum time to connect. A lost packet is sent again after 1 s and 3 s. @units ms */
const CONNECT_LIMIT = 5000

/**
 * Creates an agent that sends requests through the proxies of the environment: `HTTPS_PROXY`, `HTTP_PROXY`, and `NO_PROXY`, the list
 * of hosts, domains and networks (`10.0.0.0/8`) without a proxy. Requests to this machine never use a proxy. A tunnel is opened for
 * https only, because many proxies refuse one to another port. The agent limits the time to connect, and no other.
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
  const noProxy = valueOf('NO_PROXY')
  const limits = { connectTimeout: CONNECT_LIMIT, headersTimeout: 0, bodyTimeout: 0 }
  const proxied = new EnvHttpProxyAgent({
    ...limits,
    httpProxy: valueOf('HTTP_PROXY'),
    httpsProxy: valueOf('HTTPS_PROXY'),
    noProxy: noProxy === '*' ? '*' : `${noProxy},${LOOPBACK}`,
    proxyTunnel: false,
  })
  return E.right(new AgentByNetwork(networksIn(noProxy), new Agent(limits), proxied))
}

/** Agent that sends requests to the addresses of some networks through one agent, and all others through another. */
class AgentByNetwork extends Dispatcher {
  constructor(
    private readonly networks: BlockList,
    private readonly inside: Dispatcher,
    private readonly outside: Dispatcher,
  ) {
    super()
  }
  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const host = new URL(String(options.origin)).hostname.replace(/^\[|\]$/g, '')
    const agent = this.networks.check(host, familyOf(host)) ? this.inside : this.outside
    return agent.dispatch(options, handler)
  }
  override async destroy(): Promise<void> {
    await Promise.all([this.inside.destroy(), this.outside.destroy()])
  }
}

const familyOf = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** Returns the networks in the value of `NO_PROXY`. Its other entries are hosts and domains. */
const networksIn = (noProxy: string): BlockList => {
  const networks = new BlockList()
  for (const entry of noProxy.split(/[,\s]+/)) {
    const [, address = '', length = ''] = /^(.+)\/(\d+)$/.exec(entry) ?? []
    const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address)]!
    if (length !== '' && Number(length) <= bits) networks.addSubnet(address, Number(length), familyOf(address))
  }
  return networks
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
